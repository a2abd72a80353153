/** @file The BPE trainer: merges and ids equal to those of Python's tokenizers, properties of any text. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SPECIAL_TOKENS, tokenizerConfig, tokenizerJson } from "../../src/init/bpe-files.ts";
import { type Bpe, trainBpe } from "../../src/init/bpe-trainer.ts";
import { WordCounts } from "../../src/init/word-counts.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";

/** Made by test/golden/generate/bpe.py with the versions inside. */
interface Vector {
  vocab_size: number;
  min_frequency: number;
  special_tokens: string[];
  texts: string[];
  tokens: string[];
  merges: string[];
  probes: { text: string; ids: number[] }[];
  saved?: unknown;
}

const DIR = join(import.meta.dirname, "vectors");
const vectors = readdirSync(DIR).map((file): [string, Vector] => [file, JSON.parse(readFileSync(join(DIR, file), "utf8")) as Vector]);

function train(texts: readonly string[], options: { vocab_size: number; min_frequency: number }): Bpe {
  const words = new WordCounts();
  for (const text of texts) words.add(text);
  return trainBpe(words, { ...options, special_tokens: SPECIAL_TOKENS });
}

function write(bpe: Bpe): string {
  const dir = mkdtempSync(join(tmpdir(), "uniconv-bpe-"));
  writeFileSync(join(dir, "tokenizer.json"), tokenizerJson(bpe));
  writeFileSync(join(dir, "tokenizer_config.json"), JSON.stringify(tokenizerConfig(2048)));
  return dir;
}

describe.each(vectors)("as Python's tokenizers does it: %s", (_file, vector) => {
  it("has the same merges in the same order, and the same tokens", () => {
    const bpe = train(vector.texts, vector);
    expect(bpe.merges.map((pair) => pair.join(" "))).toEqual(vector.merges);
    expect(bpe.tokens.slice(SPECIAL_TOKENS.length + 256)).toEqual(vector.tokens);
    expect(vector.special_tokens).toEqual([...SPECIAL_TOKENS]);
  });

  it("gives the same ids, white space and all", async () => {
    const tokenizer = await loadTokenizer(write(train(vector.texts, vector)));
    for (const { text, ids } of vector.probes) expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
  });
});

it("the file it writes holds what Python saves", () => {
  const [, vector] = vectors.find(([, { saved }]) => saved !== undefined)!;
  expect(JSON.parse(tokenizerJson(train(vector.texts, vector)))).toEqual(vector.saved);
});

describe("a trained tokenizer", () => {
  it("gives back every text", async () => {
    const tokenizer = await loadTokenizer(write(train(vectors[0]![1].texts, { vocab_size: 500, min_frequency: 2 })));
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        // One leading space is what encoding would have prefixed.
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.startsWith(" ") ? text.slice(1) : text);
      }),
    );
  });

  it("gives a name the same ids wherever it stands", async () => {
    const tokenizer = await loadTokenizer(
      write(train(["who is Mara Lindquar", "Mara Lindquar is"], { vocab_size: 400, min_frequency: 2 })),
    );
    const name = tokenizer.encode("Mara Lindquar");
    expect(tokenizer.encode("ask Mara Lindquar").slice(-name.length)).toEqual(name);
  });

  it("does not depend on the order of the texts", () => {
    const { texts } = vectors.find(([file]) => file === "words.json")![1];
    const options = { vocab_size: 700, min_frequency: 2 };
    expect(train(texts.toReversed(), options)).toEqual(train(texts, options));
  });

  it("never grows beyond vocab_size, and has every byte even when the text is one letter", () => {
    const bpe = train(["x"], { vocab_size: 1000, min_frequency: 1 });
    expect(bpe.tokens).toHaveLength(3 + 256 + 1);
    expect(bpe.merges).toEqual([["Ġ", "x"]]);
    expect(train(["abc abc abd"], { vocab_size: 262, min_frequency: 1 }).tokens).toHaveLength(262);
  });
});
