/** @file build-index and retrieve: the same bytes however often they were stopped, and every wrong input refused by name. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildIndex } from "../../src/pipelines/build-index.ts";
import { queryText } from "../../src/retrieve/queries.ts";
import { retrieve } from "../../src/retrieve/retrieve.ts";
import { BuildIndexOptions } from "../../src/schema/options/build-index.ts";
import { RetrieveOptions } from "../../src/schema/options/retrieve.ts";
import { DataError, Interrupted, UsageError } from "../../src/util/errors.ts";
import { readRun } from "../../src/util/run-file.ts";
import { SHARD_ROWS } from "../../src/util/vector-shards.ts";
import { loraTensorName, writeAdapter } from "../../src/weights/adapter.ts";
import { buildEngine, listen, passagesOf, prepare, tinyModel, turnsOf } from "../helpers/small-world.ts";

const root = mkdtempSync(join(tmpdir(), "uniconv-retrieve-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...names: string[]): string => join(root, ...names);
let made = 0;
const fresh = (name: string): string => at(`${name}-${made++}`);

const index = (options: object, context = listen()) =>
  buildIndex(
    BuildIndexOptions.parse({ input: at("prepared"), model: at("model"), device: "cpu", threads: 1, output: fresh("index"), ...options }),
    context,
  );
const search = (options: object, context = listen()) =>
  retrieve(
    RetrieveOptions.parse({
      input: at("prepared"),
      model: at("model"),
      index: at("index"),
      device: "cpu",
      threads: 1,
      output: fresh("run"),
      ...options,
    }),
    context,
  );

beforeAll(async () => {
  buildEngine();
  await prepare(at("prepared"), { passages: passagesOf(40), turns: turnsOf(12) });
  await prepare(at("many"), { passages: passagesOf(SHARD_ROWS + 2000), turns: turnsOf(4) });
  await tinyModel(at("model"), { text: at("prepared", "passages.jsonl") });
  await index({ output: at("index") });
}, 120_000);

describe("build-index", () => {
  test("stopped and resumed gives the bytes of an undisturbed run, and a second run is done", async () => {
    const whole = fresh("whole");
    await index({ input: at("many"), output: whole });
    const output = fresh("stopped");
    const stopping = listen(({ done, label }, abort) => label.startsWith("encoding") && done > SHARD_ROWS && abort());
    await expect(index({ input: at("many"), output }, stopping)).rejects.toThrow(Interrupted);
    expect(readdirSync(join(`${output}.partial`, "vectors"))).toEqual(["00000.f32", "00000.ids"]);
    await expect(index({ input: at("many"), output })).rejects.toThrow(/--resume/);
    const first = readFileSync(join(`${output}.partial`, "vectors/00000.f32"));
    await index({ input: at("many"), output, resume: true });
    expect(readFileSync(join(output, "vectors/00000.f32")).equals(first)).toBe(true);
    expect(contentOf(output)).toEqual(contentOf(whole));
    expect((await index({ input: at("many"), output })).status).toBe("done");
  }, 120_000);

  test("what the vectors rest on is in the manifest", () => {
    const manifest = JSON.parse(readFileSync(at("index", "manifest.json"), "utf8")) as { options: object; model: object; stats: object };
    expect(manifest.options).toMatchObject({ backend: "flat", emb_tokens: 3, normalize: true, max_passage_length: 384 });
    expect(manifest.options).not.toHaveProperty("k1");
    expect(manifest.model).toEqual({ fingerprint: expect.any(String), tokenizer: expect.any(String) });
    expect(manifest.stats).toMatchObject({ passages: 40, dimension: 16, dropped: { passage_tokens: 0 } });
  });

  test("a model without uniconv.json takes the defaults, one with it its own, and flags override both", async () => {
    const model = fresh("model");
    cpSync(at("model"), model, { recursive: true });
    const settings = {
      emb_tokens: 2,
      history_order: "chronological",
      max_query_length: 64,
      max_passage_length: 12,
      max_response_length: 64,
    };
    writeFileSync(join(model, "uniconv.json"), JSON.stringify({ ...settings, prompt: "rag", normalize: false, temperature: 1 }));
    const [own, flagged] = [fresh("own"), fresh("flagged")];
    const { stats } = await index({ model, output: own });
    expect(stats).toMatchObject({ dropped: { passage_tokens: expect.any(Number) } });
    expect((stats["dropped"] as { passage_tokens: number }).passage_tokens).toBeGreaterThan(0);
    await index({ model, output: flagged, emb_tokens: 1 });
    const optionsOf = (dir: string) => (JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8")) as { options: object }).options;
    expect(optionsOf(own)).toMatchObject({ emb_tokens: 2, normalize: false, max_passage_length: 12 });
    expect(optionsOf(flagged)).toMatchObject({ emb_tokens: 1, normalize: false, max_passage_length: 12 });
  });

  test("without a model, an index of vectors is refused and one of words is built", async () => {
    await expect(index({ model: undefined })).rejects.toThrow(/--model is missing/);
    const { stats } = await index({ model: undefined, backend: "bm25" });
    expect(stats).toMatchObject({ passages: 40 });
  });

  test("a hub name, a missing folder, an unknown family, a missing tensor, a foreign tokenizer: each refused by name, nothing left", async () => {
    await expect(index({ model: "org/some-model" })).rejects.toThrow(/hf download org\/some-model/);
    await expect(index({ model: at("nowhere") })).rejects.toThrow(/nowhere/);
    const spoil = async (change: (dir: string) => void): Promise<Error> => {
      const model = fresh("spoilt");
      cpSync(at("model"), model, { recursive: true });
      change(model);
      const output = fresh("refused");
      const error = await index({ model, output }).then(
        () => new Error("was accepted"),
        (thrown: unknown) => thrown as Error,
      );
      expect(error).toBeInstanceOf(DataError);
      expect([existsSync(output), existsSync(`${output}.partial`)]).toEqual([false, false]);
      return error;
    };
    const edit = (name: string, change: (json: Record<string, never>) => object) => (dir: string) => {
      const file = join(dir, name);
      writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")) as Record<string, never>)));
    };
    expect((await spoil(edit("config.json", (config) => ({ ...config, model_type: "mamba" })))).message).toMatch(
      /config.json: model_type is "mamba"/,
    );
    expect((await spoil(edit("config.json", (config) => ({ ...config, num_hidden_layers: 3 })))).message).toMatch(
      /no tensor "model.layers.2/,
    );
    expect((await spoil(edit("config.json", (config) => ({ ...config, intermediate_size: 23 })))).message).toMatch(
      /tensor "model.layers.0.mlp.gate_proj.weight" is \[24, 16\], the configuration implies \[23, 16\]/,
    );
    const { vocab_size: id } = JSON.parse(readFileSync(at("model", "config.json"), "utf8")) as { vocab_size: number };
    const grow = edit("tokenizer.json", (json) => {
      const { added_tokens: added } = json as unknown as { added_tokens: object[] };
      return { ...json, added_tokens: [...added, { ...added[0], id, content: "<|extra|>" }] };
    });
    expect((await spoil(grow)).message).toContain(`tokenizer.json: has ids up to ${id}, but the model's embedding has only ${id} rows`);
  }, 120_000);
});

describe("retrieve", () => {
  test("ranks every turn, in both files alike, and a second run is done", async () => {
    const output = fresh("run");
    const { stats } = await search({ output, top_k: 7 });
    expect(stats).toMatchObject({ turns: 12, rows: 84, split: "test" });
    const [trec, jsonl] = [await readRun(join(output, "run.trec")), await readRun(join(output, "run.jsonl"))];
    expect(trec.table.turns).toEqual(turnsOf(12).map(({ id }) => id));
    for (const turn of trec.table.turns) {
      expect(jsonl.table.passages(turn)).toEqual(trec.table.passages(turn));
      expect(trec.table.passages(turn)).toHaveLength(7);
    }
    expect(existsSync(join(output, "queries"))).toBe(false);
    expect((await search({ output, top_k: 7 })).status).toBe("done");
  });

  test("a passage is found by its own words: the vectors of passages and queries are comparable", async () => {
    const [all, last] = [fresh("all"), fresh("last")];
    await search({ output: all });
    await search({ output: last, query: "last" });
    const [withHistory, alone] = [(await readRun(all)).table, (await readRun(last)).table];
    // The first turn of a conversation has no history to leave out; the others have.
    expect(alone.passages("c0_1")).toEqual(withHistory.passages("c0_1"));
    expect(alone.passages("c0_3")).not.toEqual(withHistory.passages("c0_3"));
  });

  test("an index of another model is refused even at equal dimension, and so is one of another tokenizer", async () => {
    await tinyModel(at("other"), { text: at("prepared", "passages.jsonl"), seed: 1 });
    await expect(search({ model: at("other") })).rejects.toThrow(/was built by another model .*Give the --model that built it/);
    writeFileSync(at("words.txt"), "Other words make another tokenizer, other words entirely.\n".repeat(9));
    await tinyModel(at("words"), { text: at("words.txt") });
    const error = await search({ model: at("words") }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(/another tokenizer/);
  }, 120_000);

  test("an adapter is a model of its own; it finds its base where the config or --base-model says", async () => {
    const adapter = fresh("adapter");
    await writeLora(adapter, { layers: [0, 1], base: "gone" });
    await expect(index({ model: adapter })).rejects.toThrow(/the base model "gone" is not a local checkpoint directory/);
    const output = fresh("index");
    await index({ model: adapter, base_model: at("model"), output });
    expect(readFileSync(join(output, "vectors/00000.f32")).equals(readFileSync(at("index", "vectors/00000.f32")))).toBe(false);
    await expect(search({ index: output })).rejects.toThrow(/was built by another model/);
    await writeLora(adapter, { layers: [0, 1], base: at("model") });
    expect((await search({ index: output, model: adapter })).status).toBe("written");
    await writeLora(adapter, { layers: [0, 1, 7], base: at("model") });
    await expect(index({ model: adapter })).rejects.toThrow(
      /adapter_model.safetensors: tensor "model.layers.7.self_attn.q_proj.lora_A.weight" belongs to no linear layer/,
    );
    await writeLora(adapter, { layers: [0], base: at("model") });
    await expect(index({ model: adapter })).rejects.toThrow(/no tensor ".*layers.1.self_attn.q_proj.lora_A.weight"/);
    await expect(index({ base_model: at("model") })).rejects.toThrow(/--base-model is for adapters/);
  }, 120_000);

  test("without the model, an index of vectors is refused; an index of words needs none", async () => {
    await expect(search({ model: undefined })).rejects.toThrow(/--model is missing/);
    await index({ backend: "bm25", model: undefined, output: at("words-index") });
    const output = fresh("run");
    await search({ index: at("words-index"), model: undefined, output });
    expect((await readRun(output)).table.passages("c0_1").length).toBeGreaterThan(0);
  });

  test("an output of other work, a foreign folder, a missing index and a damaged one are refused", async () => {
    const output = fresh("run");
    await search({ output });
    await expect(search({ output, top_k: 3 })).rejects.toThrow(UsageError);
    await expect(search({ output: at("prepared") })).rejects.toThrow(/holds another artifact/);
    await expect(search({ index: at("no-index") })).rejects.toThrow(/no-index: no such directory/);
    await expect(search({ index: at("prepared") })).rejects.toThrow(/holds the artifact "prepared", expected "index"/);
    const damaged = fresh("damaged");
    cpSync(at("index"), damaged, { recursive: true });
    const bytes = readFileSync(join(damaged, "vectors/00000.f32"));
    bytes[100]! ^= 1;
    writeFileSync(join(damaged, "vectors/00000.f32"), bytes);
    await expect(search({ index: damaged })).rejects.toThrow(/its sha256 is not the manifest's/);
  });

  test("a split without turns, and a query of questions alone for a model, are refused", async () => {
    await expect(search({ split: "train" })).rejects.toThrow(/--split train: .*has no such turns \(it has test\)/);
    await expect(search({ query: "history" })).rejects.toThrow(/--query history is for indexes of words/);
  });

  test("--limit keeps the first turns and marks the run partial", async () => {
    const output = fresh("run");
    await search({ output, limit: 5 });
    const { table, partial } = await readRun(output);
    expect([table.turns.length, partial]).toEqual([5, true]);
  });
});

test("a query of words holds the last question, every question, or the answers too", () => {
  const turn = { history: [{ question: "who?", response: "Ada" }], question: "when?" };
  expect(queryText(turn, "last")).toBe("when?");
  expect(queryText(turn, "history")).toBe("who? when?");
  expect(queryText(turn, "all")).toBe("who? Ada when?");
});

/** Rank 2 on the 16 × 16 q_proj of some layers. */
async function writeLora(dir: string, { layers, base }: { layers: readonly number[]; base: string }): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const tensor = (layer: number, matrix: "lora_A" | "lora_B", shape: number[]) => ({
    name: loraTensorName(`model.layers.${layer}.self_attn.q_proj`, matrix),
    dtype: "F32" as const,
    shape,
    data: new Uint8Array(Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)).buffer),
  });
  const config = { r: 2, lora_alpha: 4, lora_dropout: 0, target_modules: ["q_proj"], use_rslora: false, base_model_name_or_path: base };
  await writeAdapter(dir, {
    config,
    tensors: layers.flatMap((layer) => [tensor(layer, "lora_A", [2, 16]), tensor(layer, "lora_B", [16, 2])]),
  });
}

/** Every file's bytes by name. */
function contentOf(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [join(parentPath, name).slice(dir.length), readFileSync(join(parentPath, name), "base64")]),
  );
}
