/** @file `merge`: the merged checkpoint computes what the adapter on its base computes, in the base's types and shards. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, test } from "vitest";
import { merge } from "../../src/pipelines/merge.ts";
import { floatsOf, Session } from "../../src/onnx/session.ts";
import { MergeOptions } from "../../src/schema/options/merge.ts";
import { DataError, Interrupted, UsageError } from "../../src/util/errors.ts";
import { loraScale, loraTensorName, readAdapter, writeAdapter } from "../../src/weights/adapter.ts";
import { openCheckpoint, readTensorBytes } from "../../src/weights/checkpoint.ts";
import { fromFloat32, toFloat32, type WeightDtype } from "../../src/weights/dtypes.ts";
import { writeMerged } from "../../src/weights/merge.ts";
import { openAdapterFiles } from "../../src/weights/model-files.ts";
import { caseFolders, distance, type GoldenCase, readCase } from "../golden/case.ts";
import { pad } from "../golden/feeds.ts";
import { CPU } from "../helpers/examples.ts";
import { openModel } from "../helpers/golden-model.ts";
import { listen } from "../helpers/small-world.ts";
import { tempDir } from "../helpers/temp.ts";

const cases = await Promise.all(caseFolders().map(readCase));
const named = (name: string) => cases.find((golden) => golden.name === name)!;
const folder = tempDir();
const run = (model: string, base: string, name: string, rest: Record<string, unknown> = {}, context = listen()) =>
  merge(MergeOptions.parse({ model, base_model: base, output: join(folder, name), ...rest }), context);

/** Logits of every position of the golden sequences, under plain causal attention. */
async function logitsOf(golden: GoldenCase, dir: string, base?: string): Promise<Float32Array> {
  const { model, parameters } = await openModel(dir, base);
  const made = parameters();
  const { graph } = made;
  const input = (name: string) => graph.input(name, "int64", ["B", "S"]);
  const inputs = { input_ids: input("input_ids"), position_ids: input("position_ids"), hole: null, max_positions: 64 };
  const { hidden } = model.forward(made, inputs);
  graph.output("logits", graph.matmul(hidden, model.head(made), { transB: true }));
  const session = await Session.create(graph, CPU);
  const { input_ids, position_ids } = pad(
    golden.samples.map(({ G }) => G),
    "P",
  );
  const results = await session.run({ input_ids, position_ids });
  await session.release();
  return floatsOf(results, "logits");
}

describe.each(cases.map((golden) => [golden.name, golden] as const))("%s", (_, golden) => {
  test("merged in float32 gives the logits of the adapter on its base", async () => {
    const { status } = await run(golden.adapter, golden.model, `f32 ${golden.name}`, { dtype: "float32" });
    expect(status).toBe("written");
    const [merged, adapted, bare] = await Promise.all([
      logitsOf(golden, join(folder, `f32 ${golden.name}`)),
      logitsOf(golden, golden.adapter, golden.model),
      logitsOf(golden, golden.model),
    ]);
    expect(distance(merged, adapted)).toBeLessThan(1e-5);
    expect(distance(bare, adapted)).toBeGreaterThan(1e-3);
  });
});

/** W + scale·B·A in float64, tensor by tensor. */
async function expected(golden: GoldenCase, name: string): Promise<Float32Array> {
  const [base, adapter] = [await openCheckpoint(golden.model), await readAdapter(golden.adapter)];
  const weight = base.readFloat32(name);
  const module = name.replace(/\.weight$/, "");
  if (!adapter.has(loraTensorName(module, "lora_A"))) return weight;
  const [a, b] = (["lora_A", "lora_B"] as const).map((matrix) => adapter.readFloat32(loraTensorName(module, matrix)));
  const columns = base.tensor(name).shape[1]!;
  const { r } = adapter.config;
  return weight.map((w, at) => {
    let sum = 0;
    for (let k = 0; k < r; k++) sum += b![Math.floor(at / columns) * r + k]! * a![k * columns + (at % columns)]!;
    return w + loraScale(adapter.config) * sum;
  });
}

it("keeps the base's types, shards, config and index, and rounds once to the nearest", async () => {
  const golden = named("llama/untied-bf16");
  await run(golden.adapter, golden.model, "bf16");
  const [base, merged] = [await openCheckpoint(golden.model), await openCheckpoint(join(folder, "bf16"))];
  expect(merged.config).toEqual(base.config);
  const shards = (dir: string) =>
    readdirSync(dir)
      .filter((name) => name.includes("safetensors"))
      .toSorted();
  expect(shards(join(folder, "bf16"))).toEqual(shards(golden.model));
  expect(shards(golden.model).length).toBeGreaterThan(2);
  const index = (dir: string) => JSON.parse(readFileSync(join(dir, "model.safetensors.index.json"), "utf8")) as Record<string, unknown>;
  expect(index(join(folder, "bf16"))).toMatchObject({ weight_map: index(golden.model)["weight_map"] });
  expect(merged.names().toSorted()).toEqual(base.names().toSorted());
  let changed = 0;
  for (const name of base.names()) {
    const ref = merged.tensor(name);
    expect([name, ref.dtype, ref.shape]).toEqual([name, base.tensor(name).dtype, base.tensor(name).shape]);
    const dtype = ref.dtype as WeightDtype;
    expect(merged.readFloat32(name), name).toEqual(toFloat32(dtype, fromFloat32(dtype, await expected(golden, name))));
    changed += Number(Buffer.compare(readTensorBytes(ref), readTensorBytes(base.tensor(name))) !== 0);
  }
  expect(changed).toBe((await readAdapter(golden.adapter)).names().length / 2);
});

it("gives the same bytes however small the blocks are that it converts", async () => {
  const golden = named("llama/untied-bf16");
  const dir = join(folder, "blocks");
  mkdirSync(dir);
  const adapter = await openAdapterFiles(golden.adapter);
  await writeMerged({ base: golden.model, dir, adapter, dtype: null, block: 100, onTensor: () => {} });
  for (const name of readdirSync(dir))
    expect(Buffer.compare(readFileSync(join(dir, name)), readFileSync(join(folder, "bf16", name))), name).toBe(0);
});

it("scales by alpha/√r with rslora, and writes the type asked for into config.json", async () => {
  const golden = named("llama/tied");
  const adapter = await readAdapter(golden.adapter);
  const dir = join(folder, "rs");
  mkdirSync(dir);
  const tensors = adapter.names().map((name) => {
    const ref = adapter.tensor(name);
    return { name, dtype: "F32" as const, shape: ref.shape, data: readTensorBytes(ref) };
  });
  await writeAdapter(dir, { config: { ...adapter.config, use_rslora: true }, tensors });
  await run(dir, golden.model, "rs merged", { dtype: "float16" });
  const merged = await openCheckpoint(join(folder, "rs merged"));
  expect(merged.config["dtype"] ?? merged.config["torch_dtype"]).toBe("float16");
  expect(merged.has("lm_head.weight")).toBe(false);
  expect(new Set(merged.names().map((name) => merged.tensor(name).dtype))).toEqual(new Set(["F16"]));
  await run(dir, golden.model, "rs merged f32");
  const adapted = await logitsOf(golden, dir, golden.model);
  expect(distance(await logitsOf(golden, join(folder, "rs merged f32")), adapted)).toBeLessThan(1e-5);
  expect(distance(await logitsOf(golden, golden.adapter, golden.model), adapted)).toBeGreaterThan(1e-3);
});

it("stopped between two tensors, it goes on with --resume to the bytes of a run that was not", async () => {
  const golden = named("llama/untied-bf16");
  const context = listen(({ done }, abort) => done === 20 && abort());
  await expect(run(golden.adapter, golden.model, "stopped", {}, context)).rejects.toThrow(Interrupted);
  await expect(run(golden.adapter, golden.model, "stopped")).rejects.toThrow("--resume");
  const first = readdirSync(golden.model)
    .filter((name) => name.endsWith(".safetensors"))
    .toSorted()[0]!;
  const { ino } = statSync(join(folder, "stopped.partial", first));
  expect((await run(golden.adapter, golden.model, "stopped", { resume: true })).status).toBe("written");
  expect(statSync(join(folder, "stopped", first)).ino).toBe(ino);
  for (const name of readdirSync(join(folder, "bf16")).filter((file) => file !== "manifest.json"))
    expect(Buffer.compare(readFileSync(join(folder, "stopped", name)), readFileSync(join(folder, "bf16", name))), name).toBe(0);
  expect((await run(golden.adapter, golden.model, "stopped")).status).toBe("done");
});

it("carries tokenizer, generation, sequence settings and prompt: the adapter's own, else the base's", async () => {
  const golden = named("llama/tied");
  const [base, adapter] = [join(folder, "full base"), join(folder, "full adapter")];
  cpSync(golden.model, base, { recursive: true });
  cpSync(golden.adapter, adapter, { recursive: true });
  for (const name of ["tokenizer.json", "tokenizer_config.json", "generation_config.json"])
    writeFileSync(join(base, name), `"base ${name}"`);
  for (const name of ["tokenizer.json", "uniconv.json", "rag-prompt.jinja"]) writeFileSync(join(adapter, name), `"adapter ${name}"`);
  await run(adapter, base, "full");
  const read = (name: string) => (existsSync(join(folder, "full", name)) ? readFileSync(join(folder, "full", name), "utf8") : null);
  expect(read("tokenizer.json")).toBe('"adapter tokenizer.json"');
  // The tokenizer is the adapter's whole; nothing of the base's is mixed into it.
  expect(read("tokenizer_config.json")).toBeNull();
  expect(read("generation_config.json")).toBe('"base generation_config.json"');
  expect(read("uniconv.json")).toBe('"adapter uniconv.json"');
  expect(read("rag-prompt.jinja")).toBe('"adapter rag-prompt.jinja"');
});

describe("refuses", () => {
  const golden = named("llama/tied");
  const broken = join(folder, "broken");
  beforeAll(() => {
    cpSync(golden.adapter, broken, { recursive: true });
    const file = join(broken, "adapter_model.safetensors");
    writeFileSync(file, readFileSync(file).subarray(0, 2000));
  });

  it("what is no adapter", async () => {
    const refused = merge(MergeOptions.parse({ model: golden.model, output: join(folder, "none") }), listen());
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow("has no adapter_config.json");
  });

  it("an adapter cut in half, and leaves nothing behind", async () => {
    const refused = run(broken, golden.model, "never");
    await expect(refused).rejects.toThrow(DataError);
    await expect(refused).rejects.toThrow(/adapter_model\.safetensors/);
    expect(existsSync(join(folder, "never.partial"))).toBe(false);
  });

  it("an adapter for another base", async () => {
    const refused = run(golden.adapter, named("qwen3/yarn").model, "never");
    await expect(refused).rejects.toThrow(DataError);
    await expect(refused).rejects.toThrow("another base");
  });

  it("a type that cannot hold the sum, naming the tensor", async () => {
    const dir = join(folder, "huge");
    const adapter = await readAdapter(golden.adapter);
    mkdirSync(dir);
    const tensors = adapter.names().map((name) => ({
      name,
      dtype: "F32" as const,
      shape: adapter.tensor(name).shape,
      data: fromFloat32(
        "F32",
        adapter.readFloat32(name).map((x) => 1e4 * x),
      ),
    }));
    await writeAdapter(dir, { config: adapter.config, tensors });
    const refused = run(dir, golden.model, "never", { dtype: "float16" });
    await expect(refused).rejects.toThrow(DataError);
    await expect(refused).rejects.toThrow(/_proj\.weight" of .* which F16 cannot; merge with --dtype float32/);
  });
});
