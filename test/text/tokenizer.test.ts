/** @file The tokenizer guard: no special id from data, ids equal to Python's, bad files refused. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { library } from "../../src/text/library.ts";
import { MAX_RUN } from "../../src/text/text-limits.ts";
import { checkTokenizerJson } from "../../src/text/tokenizer-json.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";
import { modelFingerprint } from "../../src/weights/fingerprint.ts";
import { writeSafetensors } from "../../src/weights/safetensors.ts";
import { needs } from "../helpers/shared-data.ts";
import { byteLevel, CHATML, FAMILIES, makeTokenizer, sentencePiece, writeTokenizer } from "./tokenizers.ts";

describe.each(Object.entries(FAMILIES))("%s", (_name, made) => {
  const specials = (made.json as { added_tokens: { content: string }[] }).added_tokens.map(({ content }) => content);

  it("never gives a special id for a text, wherever the special strings stand in it", async () => {
    const tokenizer = await makeTokenizer(made);
    const pieces = fc.oneof(
      fc.constantFrom(...specials),
      fc.string({ unit: "grapheme", maxLength: 6 }),
      fc.constantFrom(" ", "hi", "\n", "\ud800"),
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 8 }),
        fc.constantFrom("first" as const, "part" as const, "middle" as const),
        (parts, position) => {
          const ids = tokenizer.encode(parts.join(""), { position });
          expect(ids.filter((id) => tokenizer.specialIds.has(id))).toEqual([]);
          expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < tokenizer.vocabSize)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("loses nothing of a special string in a text: it is spelled out", async () => {
    const tokenizer = await makeTokenizer(made);
    // WordPiece has no way back to the spaces, and lower-cases.
    const plainText = (text: string) => text.replaceAll(" ", "").toLowerCase();
    for (const special of specials) {
      for (const text of [special, `hi${special}hi`, `hi ${special} hi`, special.repeat(3)]) {
        expect(plainText(tokenizer.decode(tokenizer.encode(text, { position: "first" }))), text).toBe(plainText(text));
      }
    }
  });

  it("gives the library's ids for texts without special strings", async () => {
    const tokenizer = await makeTokenizer(made);
    const unguarded = new library.Tokenizer(made.json, {});
    for (const text of ["hi", "hi there. what?", " hi  hi", "so, hi there"]) {
      expect(tokenizer.encode(text, { position: "first" }), text).toEqual(unguarded.encode(text, { add_special_tokens: false }).ids);
    }
  });

  it("means special tokens where the template writes them", async () => {
    const tokenizer = await makeTokenizer(made);
    expect(tokenizer.encodeTemplate(tokenizer.eosToken)).toEqual([tokenizer.eosId]);
  });
});

describe("special tokens", () => {
  it("are also those that only tokenizer_config.json, generation_config.json or the chat template make special", async () => {
    const json = byteLevel({ specials: ["<|end|>", "<a>", "<b>", "<c>", "  "] });
    for (const token of json.added_tokens) token.special = token.content === "<|end|>";
    const config = {
      chat_template: "<c>{% for m in messages %}  {{ m.content }}{% endfor %}",
      additional_special_tokens: [{ content: "<a>" }],
    };
    const tokenizer = await makeTokenizer({ json, config, generation: { eos_token_id: [0, 2] } });
    expect(tokenizer.specialIds).toEqual(new Set([0, 1, 2, 3]));
    expect([...tokenizer.stopIds]).toEqual([0, 2]);
    // An added token that is no markup stays what it is: a run of spaces.
    expect(tokenizer.encode("  ")).toEqual([4]);
  });

  it("stay out even where the unknown token doubles as one: what the vocabulary lacks is left out", async () => {
    const json = sentencePiece();
    const tokenizer = await makeTokenizer({
      json: { ...json, model: { ...json.model, byte_fallback: false, unk_token: "</s>" } },
      config: { eos_token: "</s>" },
    });
    expect(tokenizer.decode(tokenizer.encode("hié hi"))).toBe("hi hi");
    expect(tokenizer.encode("é")).toEqual([]);
  });

  it("decode to nothing, and a prefixed space is taken off again", async () => {
    const tokenizer = await makeTokenizer(FAMILIES["byte-level with a prefixed space"]!);
    const ids = tokenizer.encode("hi, ho ünï 😀");
    expect(ids[0]).toBe(tokenizer.encode(" hi")[0]);
    expect(tokenizer.decode([tokenizer.eosId, ...ids, tokenizer.eosId])).toBe("hi, ho ünï 😀");
    expect(tokenizer.decode([tokenizer.eosId, 99999])).toBe("");
  });

  it("an eos that the tokenizer lacks, or none at all, is refused", async () => {
    await expect(makeTokenizer({ json: byteLevel(), config: { eos_token: "<nope>" } })).rejects.toThrow(
      'eos_token "<nope>" is not a token',
    );
    await expect(makeTokenizer({ json: byteLevel(), config: { eos_token: null } })).rejects.toThrow(/no eos_token/);
  });
});

describe("the dummy prefix of SentencePiece", () => {
  it.each([true, false])("stands on the first piece only (Metaspace: %s)", async (metaspace) => {
    const tokenizer = await makeTokenizer({ json: sentencePiece({ metaspace }), config: { eos_token: "</s>", bos_token: "<s>" } });
    const vocab = sentencePiece().model.vocab as Record<string, number>;
    expect(tokenizer.encode("hi", { position: "first" })).toEqual([vocab["▁hi"]]);
    expect(tokenizer.encode("hi")).toEqual([vocab["hi"]]);
    expect(tokenizer.encode("hi hi")).toEqual([vocab["hi"], vocab["▁hi"]]);
    expect(tokenizer.addsBos).toBe(true);
  });
});

describe("texts that would hang or kill the library", () => {
  it("one word of 1 MB is tokenised in pieces, which are counted; nothing is lost", async () => {
    const tokenizer = await makeTokenizer(FAMILIES["byte-level with a prefixed space"]!);
    const word = "h".repeat(1_000_000);
    const ids = tokenizer.encode(word);
    expect(tokenizer.splitRunCount).toBe(Math.ceil(word.length / MAX_RUN) - 1);
    expect(tokenizer.decode(ids)).toHaveLength(word.length);
  }, 60_000);

  it("many lone surrogates become replacement characters", async () => {
    const tokenizer = await makeTokenizer(FAMILIES["byte-level"]!);
    expect(tokenizer.decode(tokenizer.encode("\ud800".repeat(200_000)))).toBe("\ufffd".repeat(200_000));
  }, 60_000);

  it("a cut never falls into a surrogate pair", async () => {
    const tokenizer = await makeTokenizer(FAMILIES["byte-level"]!);
    for (const lead of ["", "a"]) {
      const text = lead + "😀".repeat(MAX_RUN);
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });
});

const cases = needs("robustness", "lab-cases", "tokenizer-json");
describe.skipIf(cases.absent)(cases.title("malformed tokenizer.json files"), () => {
  const list = cases.absent
    ? []
    : (JSON.parse(readFileSync(join(cases.path, "manifest.json"), "utf8")) as { file: string; expect: string }[]);

  it.each(list)("$file: $expect", async ({ file, expect: verdict }) => {
    const dir = writeTokenizer({ json: {}, config: { eos_token: file.includes("unigram") ? "</s>" : "[SEP]" } });
    writeFileSync(join(dir, "tokenizer.json"), readFileSync(join(cases.path, file)));
    const started = performance.now();
    const load = async () => {
      const tokenizer = await loadTokenizer(dir);
      tokenizer.assertFits(30_000);
      return tokenizer.encode("hello world");
    };
    if (verdict === "accept") expect((await load()).length).toBeGreaterThan(0);
    else await expect(load()).rejects.toMatchObject({ name: "DataError", file: join(dir, "tokenizer.json") });
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("tokenizer.json", () => {
  const splitBy = (source: string) => ({
    ...byteLevel(),
    pre_tokenizer: { type: "Split", pattern: { Regex: source }, behavior: "Isolated", invert: false },
  });

  it.each(["(a+)+$", "(a|aa)+b", "(?:(?:x{1,99})y?)*", "(.*,){20}z", "(a)\\1", "a*a*a*a*a*a*b"])(
    "with the pattern %s is refused",
    (source) => {
      expect(() => checkTokenizerJson(splitBy(source), "t.json")).toThrow(/t\.json: a pattern in pre_tokenizer/);
    },
  );

  it.each([
    ["GPT-2", String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`],
    [
      "Llama 3",
      String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    ],
    [
      "o200k",
      String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    ],
    [
      "DeepSeek",
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ],
  ])("with the pattern of %s is accepted", (_name, source) => {
    expect(checkTokenizerJson(splitBy(source), "t.json").model.type).toBe("BPE");
  });

  it("of GPT-2's age, without a model type, is BPE", () => {
    const json = byteLevel();
    const { type: _type, ...model } = json.model;
    expect(checkTokenizerJson({ ...json, model }, "t.json").model.type).toBe("BPE");
  });

  it("must fit the embedding", async () => {
    const tokenizer = await makeTokenizer(FAMILIES["byte-level"]!);
    tokenizer.assertFits(tokenizer.vocabSize);
    expect(() => tokenizer.assertFits(tokenizer.vocabSize - 1)).toThrow(/only 258 rows: this tokenizer belongs to another model/);
  });

  it("has the fingerprint that manifests carry", async () => {
    const dir = writeTokenizer({ json: byteLevel(), jinja: CHATML });
    writeFileSync(join(dir, "config.json"), "{}");
    await writeSafetensors(join(dir, "model.safetensors"), []);
    expect((await loadTokenizer(dir)).fingerprint).toBe((await modelFingerprint(dir)).tokenizer);
  });
});
