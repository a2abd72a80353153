/** @file Fresh model directories: sizes, seeds, refusals, what other programs make of them. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { initModel } from "../../src/init/init-model.ts";
import { configJson, sizesOf } from "../../src/init/sizes.ts";
import { modelFromConfig } from "../../src/models/loader.ts";
import { InitModelOptions } from "../../src/schema/options/init-model.ts";
import { SequenceBuilder } from "../../src/text/sequences.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";
import { writeArtifact } from "../../src/util/artifact.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { type Checkpoint, openCheckpoint } from "../../src/weights/checkpoint.ts";

const root = mkdtempSync(join(tmpdir(), "uniconv-init-"));
afterAll(() => rmSync(root, { recursive: true }));
const context = { reporter: silentReporter, signal: new AbortController().signal };

let dir = "";
let text = "";
let count = 0;
beforeEach(() => {
  dir = join(root, String(count++));
  mkdirSync(dir);
  text = join(dir, "text.txt");
  writeFileSync(text, "who directed the film?\nMara Lindquar directed the film.\n".repeat(20));
});

const TINY = { hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 24, vocab_size: 300 };
const options = (given: Record<string, unknown> = {}) =>
  InitModelOptions.parse({ text: [text], output: join(dir, "model"), ...TINY, ...given });

const bytesOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name !== "manifest.json")
      .map((name) => [name, readFileSync(join(folder, name)).toString("base64")]),
  );

describe("init-model", () => {
  it("makes a Hugging Face directory that the loader, the tokenizer and the sequence builder take", async () => {
    const { status, output, parameters, vocab_size } = await initModel(options(), context);
    expect(status).toBe("written");
    expect(readdirSync(output).toSorted()).toEqual([
      "config.json",
      "generation_config.json",
      "manifest.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const checkpoint = await openCheckpoint(output);
    const shapes = (await modelFromConfig(checkpoint.config, join(output, "config.json"))).weights();
    expect(checkpoint.names().toSorted()).toEqual([...shapes.keys()].toSorted());
    for (const [name, shape] of shapes) expect(checkpoint.tensor(name).shape).toEqual(shape);
    expect(parameters).toBe([...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b), 0));
    const tokenizer = await loadTokenizer(output);
    expect(tokenizer.vocabSize).toBe(vocab_size);
    tokenizer.assertFits(checkpoint.config["vocab_size"] as number);
    const builder = new SequenceBuilder(tokenizer);
    const roles = (ids: Int32Array) => [...ids].filter((id) => tokenizer.specialIds.has(id));
    // One token per turn beside its words; P leaves no trace of the empty question.
    expect(roles(builder.query({ history: [{ question: "who?", response: "Mara" }], question: "when?" }).ids)).toEqual([1, 2, 1, 0]);
    expect(roles(builder.passage({ title: "", text: "Mara" }).ids)).toEqual([2, 0]);
    expect(roles(builder.queryPrompt({ history: [], question: "who?" }).ids)).toEqual([1, 2]);
  });

  it("is a pure function of text, sizes and seed", async () => {
    const make = async (name: string, seed: number) =>
      bytesOf((await initModel(options({ output: join(dir, name), seed }), context)).output);
    const first = await make("a", 1);
    expect(await make("b", 1)).toEqual(first);
    const other = await make("c", 2);
    expect(Object.keys(other).filter((name) => other[name] !== first[name])).toEqual(["model.safetensors"]);
  });

  it("run again says that it is done; with other sizes it refuses until told to overwrite", async () => {
    await initModel(options(), context);
    expect((await initModel(options(), context)).status).toBe("done");
    await expect(initModel(options({ num_hidden_layers: 1 }), context)).rejects.toMatchObject({ name: "UsageError" });
    expect((await initModel(options({ num_hidden_layers: 1, overwrite: true }), context)).status).toBe("written");
  });

  it("learns from the passages and training texts of a prepared folder, not from its test turns", async () => {
    const prepared = join(dir, "prepared");
    const line = (record: object) => `${JSON.stringify(record)}\n`;
    const spec = {
      output: prepared,
      kind: "prepared",
      command: "test",
      options: {},
      seed: 0,
      inputs: [],
      resume: false,
      overwrite: false,
    } as const;
    await writeArtifact(spec, async (draft) => {
      const passage = { id: "p1", title: "Zebra", text: "zebra zebra zebra" };
      const sample = {
        id: "t1",
        source: "s",
        positive: "gold",
        objectives: ["retrieval"],
        history: [],
        question: "quokka quokka",
        negatives: [],
        responses: [{ text: "yapok yapok", evidence: [] }],
      };
      writeFileSync(join(draft.dir, "passages.jsonl"), line(passage));
      writeFileSync(
        join(draft.dir, "train.jsonl"),
        line({ ...sample, positives: [passage, { id: "p2", title: "", text: "numbat numbat" }] }),
      );
      writeFileSync(
        join(draft.dir, "turns.jsonl"),
        line({ id: "x_1", conversation: "x", turn: 1, split: "test", history: [], question: "okapi okapi", responses: [], tags: {} }),
      );
    });
    await initModel(options({ text: [], input: [prepared], vocab_size: 400 }), context);
    const tokenizer = await loadTokenizer(join(dir, "model"));
    for (const seen of ["zebra", "quokka", "yapok", "numbat"]) expect(tokenizer.encode(seen), seen).toHaveLength(1);
    expect(tokenizer.encode("okapi").length).toBeGreaterThan(1);
  });

  it.each([
    [{ text: [] }, "UsageError", /give --input PREPARED or --text FILE/],
    [{ text: ["/nowhere/x.txt"] }, "DataError", /\/nowhere\/x\.txt: no such file/],
    [{ hidden_size: 18, num_attention_heads: 4 }, "UsageError", /must be an even whole number/],
    [{ num_key_value_heads: 3 }, "UsageError", /must be a multiple of --num-key-value-heads 3/],
  ])("refuses %j and writes nothing", async (given, name, message) => {
    const failed = initModel(options(given), context);
    await expect(failed).rejects.toMatchObject({ name });
    await expect(failed).rejects.toThrow(message);
    expect([existsSync(join(dir, "model")), existsSync(join(dir, "model.partial"))]).toEqual([false, false]);
  });

  it("refuses an empty text and one that is not UTF-8", async () => {
    writeFileSync(text, "");
    await expect(initModel(options(), context)).rejects.toThrow(/no text to learn a tokenizer from/);
    writeFileSync(text, Buffer.from([0x61, 0xff, 0x0a]));
    await expect(initModel(options(), context)).rejects.toThrow(/text\.txt:1: not UTF-8/);
  });
});

describe("the presets", () => {
  it.each([
    ["nano", 3e6],
    ["mini", 15e6],
  ] as const)("%s has about %d parameters", async (preset, about) => {
    const given = InitModelOptions.parse({ preset, output: "x" });
    const shapes = (await modelFromConfig(configJson(sizesOf(given), given), "config.json")).weights();
    const parameters = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b), 0);
    expect(Math.abs(parameters / about - 1)).toBeLessThan(0.05);
  });
});

/** W_o · W_v of the first layer, where the heads of a group read the same values. */
function throughput(checkpoint: Checkpoint, { hidden, heads, keyHeads }: { hidden: number; heads: number; keyHeads: number }): number[][] {
  const v = checkpoint.readFloat32("model.layers.0.self_attn.v_proj.weight");
  const o = checkpoint.readFloat32("model.layers.0.self_attn.o_proj.weight");
  const size = hidden / heads;
  const source = (column: number) => Math.floor(Math.floor(column / size) / (heads / keyHeads)) * size + (column % size);
  return Array.from({ length: hidden }, (_, i) =>
    Array.from({ length: hidden }, (_, j) =>
      Array.from({ length: hidden }, (_, k) => o[i * hidden + k]! * v[source(k) * hidden + j]!).reduce((a, b) => a + b),
    ),
  );
}

describe("the first weights", () => {
  it("mean: the first layer's W_o·W_v is a multiple of the identity, its scores are flat, all else is drawn", async () => {
    await initModel(options({ init: "mean", mean_scale: 2 }), context);
    const checkpoint = await openCheckpoint(join(dir, "model"));
    const product = throughput(checkpoint, { hidden: 16, heads: 2, keyHeads: 2 });
    product.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(i === j ? 2 : 0, 6)));
    expect(deviation(checkpoint.readFloat32("model.layers.0.self_attn.q_proj.weight"))).toBeLessThan(0.003);
    expect(deviation(checkpoint.readFloat32("model.layers.1.self_attn.q_proj.weight"))).toBeGreaterThan(0.015);
  });

  it("mean with fewer key heads: c times a projection on as many dimensions as there are", async () => {
    await initModel(options({ init: "mean", num_attention_heads: 4, num_key_value_heads: 2, mean_scale: 1 }), context);
    const product = throughput(await openCheckpoint(join(dir, "model")), { hidden: 16, heads: 4, keyHeads: 2 });
    const squared = product.map((row) => product[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * product[k]![j]!, 0)));
    squared.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(product[i]![j]!, 5)));
    expect(product.reduce((trace, row, i) => trace + row[i]!, 0)).toBeCloseTo(8, 5);
  });

  it("hf: normal draws of initializer_range, norms of one", async () => {
    await initModel(options({ init: "hf", initializer_range: 0.05, tie_word_embeddings: false }), context);
    const checkpoint = await openCheckpoint(join(dir, "model"));
    for (const name of checkpoint.names()) {
      const values = checkpoint.readFloat32(name, { finite: true });
      if (name.endsWith("norm.weight")) expect(new Set(values)).toEqual(new Set([1]));
      else expect(Math.abs(deviation(values) / 0.05 - 1), name).toBeLessThan(0.15);
    }
    expect(checkpoint.has("lm_head.weight")).toBe(true);
    expect(checkpoint.readFloat32("lm_head.weight")).not.toEqual(checkpoint.readFloat32("model.embed_tokens.weight"));
  });
});

function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
