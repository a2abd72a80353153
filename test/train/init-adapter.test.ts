/** @file A warm start goes on with the adapter as it is, and an adapter that does not belong to the base is refused. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { initModel } from "../../src/init/init-model.ts";
import { prepareData } from "../../src/prepare/prepare-data.ts";
import { InitModelOptions } from "../../src/schema/options/init-model.ts";
import { PrepareDataOptions } from "../../src/schema/options/prepare-data.ts";
import { TrainOptions } from "../../src/schema/options/train.ts";
import { train } from "../../src/train/train.ts";
import { DataError, UsageError } from "../../src/util/errors.ts";
import { readAdapter, writeAdapter } from "../../src/weights/adapter.ts";
import { readTensorBytes } from "../../src/weights/checkpoint.ts";
import { buildEngine, listen } from "../helpers/small-world.ts";
import { tempDir } from "../helpers/temp.ts";

const folder = tempDir();
const at = (name: string) => join(folder, name);
const small = { max_steps: 1, batch_size: 2, max_query_length: 64, max_passage_length: 48, max_response_length: 16, threads: 1 };
const own = { lora_r: 4, lora_alpha: 12, use_rslora: true, lora_dropout: 0.25, target_modules: ["q_proj", "down_proj"] };
const run = (options: Record<string, unknown>) =>
  train(
    TrainOptions.parse({ input: [at("prepared")], model: at("base"), output: at("model"), device: "cpu", ...small, ...options }),
    listen(),
  );
const baseModel = (name: string, sizes: object) =>
  initModel(
    InitModelOptions.parse({
      input: [at("prepared")],
      output: at(name),
      vocab_size: 400,
      hidden_size: 16,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 24,
      ...sizes,
    }),
    listen(),
  );

beforeAll(async () => {
  buildEngine();
  await prepareData(PrepareDataOptions.parse({ dataset: "quickstart", output: at("prepared"), limit: 20 }), listen());
  await baseModel("base", {});
  await baseModel("same-shape", { seed: 1 });
  await baseModel("wider", { intermediate_size: 32 });
  await run({ output: at("first"), emb_tokens: 2, warmup_steps: 0, learning_rate: 1e-2, ...own });
});

const weightsOf = async (dir: string) => {
  const adapter = await readAdapter(dir);
  return adapter.names().map((name) => [name, adapter.readFloat32(name)] as const);
};

it("goes on from the adapter's weights with its rank, scale, targets, dropout and sequences; the manifest names its files", async () => {
  const { manifest } = await run({ output: at("second"), init_adapter: at("first"), learning_rate: 1e-30, warmup_steps: 0 });
  const start = await weightsOf(at("first"));
  expect(start.some(([name, data]) => name.includes("lora_B") && data.some((x) => x !== 0))).toBe(true);
  expect(await weightsOf(at("second"))).toEqual(start);
  const { base_model_name_or_path: _base, ...config } = (await readAdapter(at("second"))).config;
  expect(config).toEqual({ r: 4, lora_alpha: 12, use_rslora: true, lora_dropout: 0.25, target_modules: ["down_proj", "q_proj"] });
  expect(JSON.parse(readFileSync(join(at("second"), "uniconv.json"), "utf8"))).toMatchObject({ emb_tokens: 2 });
  const named = manifest.inputs.map(({ path }) => path).filter((path) => path.startsWith(at("first")));
  expect(named).toEqual([join(at("first"), "adapter_config.json"), join(at("first"), "adapter_model.safetensors")]);
});

it("an adapter without a manifest, as Python's peft writes it, is taken where its tensors fit", async () => {
  const foreign = at("foreign");
  const { config } = await readAdapter(at("first"));
  const adapter = await readAdapter(at("first"));
  const tensors = adapter.names().map((name) => ({
    name,
    dtype: "F32" as const,
    shape: adapter.tensor(name).shape,
    data: readTensorBytes(adapter.tensor(name)),
  }));
  cpSync(at("first"), foreign, { recursive: true, filter: (path) => !/\.json$|\.safetensors$/.test(path) });
  await writeAdapter(foreign, { config, tensors });
  expect((await run({ output: at("third"), init_adapter: foreign, model: at("same-shape") })).status).toBe("written");
});

describe("refuses", () => {
  it.each([
    [
      "another rank and other targets than the adapter's",
      { lora_r: 8, target_modules: ["q_proj"] },
      /has lora_r 4, asked for is 8; target_modules down_proj,q_proj, asked for is q_proj: leave it out/,
    ],
    ["full fine-tuning", { tuning: "full" }, "--tuning full trains none"],
    [
      "a checkpoint in its place",
      { init_adapter: at("base") },
      "has no adapter_config.json; a checkpoint to start from is given as --model",
    ],
    ["a directory that is not there", { init_adapter: "someone/adapter" }, "hf download someone/adapter"],
    [
      "an adapter as the model",
      { model: at("first") },
      "is an adapter; give the checkpoint it was made for, and the adapter as --init-adapter",
    ],
  ])("%s", async (_, options, message) => {
    const refused = run({ init_adapter: at("first"), ...options });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
  });

  const damaged = (name: string, change: (dir: string) => void): string => {
    cpSync(at("first"), at(name), { recursive: true });
    change(at(name));
    return at(name);
  };
  const config = (change: (config: Record<string, unknown>) => object) => (dir: string) => {
    const file = join(dir, "adapter_config.json");
    const old = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...old, ...change(old) }));
  };
  const halve = (dir: string) => {
    const file = join(dir, "adapter_model.safetensors");
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length / 2));
  };
  it.each([
    [
      "made for a base of another shape",
      at("wider"),
      () => {},
      /is \[\d+, \d+\], \[\d+, \d+\] was expected: is it an adapter for another base than .*wider/,
    ],
    [
      "trained on other weights of the same shape",
      at("same-shape"),
      () => {},
      /manifest\.json: says that the adapter was trained on other weights/,
    ],
    ["cut in half", at("base"), halve, /adapter_model\.safetensors: .*(cut short|possible)/],
    ["of rank 0", at("base"), config(() => ({ r: 0 })), "r = 0; a positive integer was expected"],
    [
      "that lacks a module it names",
      at("base"),
      config(() => ({ target_modules: ["q_proj", "down_proj", "o_proj"] })),
      /has no tensor ".*o_proj\.lora_A\.weight", which its target_modules ask for/,
    ],
    [
      "with a tensor its targets leave unused",
      at("base"),
      config(() => ({ target_modules: ["q_proj"] })),
      /down_proj\.lora_[AB]\.weight" belongs to no linear layer/,
    ],
    ["without its tensors", at("base"), (dir: string) => rmSync(join(dir, "adapter_model.safetensors")), /adapter_model\.safetensors/],
  ])("an adapter %s", async (name, model, change, message) => {
    const dir = damaged(`adapter ${name}`, change);
    const refused = run({ model, init_adapter: dir, output: at("never") });
    await expect(refused).rejects.toThrow(DataError);
    await expect(refused).rejects.toThrow(message);
  });

  it.each([{ lora_r: 0 }, { lora_dropout: 1 }, { lora_dropout: -0.1 }, { lora_alpha: 0 }, { target_modules: [] }])("%j", (option) => {
    const parsed = TrainOptions.safeParse({ input: ["prepared"], model: "base", output: "model", ...option });
    expect(parsed.error?.issues.map(({ path }) => path[0])).toEqual(Object.keys(option));
  });
});
