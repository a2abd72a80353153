/** @file Checkpoint directories: one file or shards, what is missing, what must not be there. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { loraScale, loraTensorName, readAdapter, writeAdapter } from "../../src/weights/adapter.ts";
import { openCheckpoint } from "../../src/weights/checkpoint.ts";
import { fromFloat32, type WeightDtype } from "../../src/weights/dtypes.ts";
import { IoError } from "../../src/util/errors.ts";
import { modelFingerprint } from "../../src/weights/fingerprint.ts";
import { writeSafetensors } from "../../src/weights/safetensors.ts";

const root = mkdtempSync(join(tmpdir(), "uniconv-checkpoint-"));
afterAll(() => rmSync(root, { recursive: true }));

let dir = "";
let count = 0;
beforeEach(() => {
  dir = join(root, String(count++));
  mkdirSync(dir);
  writeFileSync(join(dir, "config.json"), '{"model_type":"llama","rope_theta":10000.0}');
});

const tensor = (name: string, values: number[], dtype: WeightDtype = "F32") => ({
  name,
  dtype,
  shape: [values.length],
  data: fromFloat32(dtype, Float32Array.from(values)),
});

async function shards(map: Record<string, string>): Promise<void> {
  await writeSafetensors(join(dir, "model-00001-of-00002.safetensors"), [tensor("a", [1, 2])]);
  await writeSafetensors(join(dir, "model-00002-of-00002.safetensors"), [tensor("b", [3])]);
  writeFileSync(join(dir, "model.safetensors.index.json"), JSON.stringify({ metadata: { total_size: 12 }, weight_map: map }));
}

describe("a checkpoint directory", () => {
  it("gives the values of float32, half and bfloat16 tensors", async () => {
    await writeSafetensors(join(dir, "model.safetensors"), [tensor("f", [0.1]), tensor("h", [0.5], "F16"), tensor("b", [-3], "BF16")]);
    const checkpoint = await openCheckpoint(dir);
    expect(checkpoint.config["model_type"]).toBe("llama");
    expect(checkpoint.names().toSorted()).toEqual(["b", "f", "h"]);
    expect([...checkpoint.readFloat32("f")]).toEqual([Math.fround(0.1)]);
    expect([...checkpoint.readFloat32("h")]).toEqual([0.5]);
    expect([...checkpoint.readFloat32("b")]).toEqual([-3]);
  });

  it("may be a folder of links, as the Hugging Face cache makes them: files are resolved", async () => {
    const blob = join(dir, "blob");
    await writeSafetensors(blob, [tensor("a", [1])]);
    symlinkSync(blob, join(dir, "model.safetensors"));
    expect((await openCheckpoint(dir)).tensor("a").file).toBe(blob);
  });

  it("may be sharded", async () => {
    await shards({ a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" });
    const checkpoint = await openCheckpoint(dir);
    expect([...checkpoint.readFloat32("a"), ...checkpoint.readFloat32("b")]).toEqual([1, 2, 3]);
  });

  it("names the missing tensor and the nearest one", async () => {
    await writeSafetensors(join(dir, "model.safetensors"), [tensor("model.norm.weight", [1])]);
    const checkpoint = await openCheckpoint(dir);
    expect(() => checkpoint.tensor("model.norm.weigth")).toThrow(/no tensor "model.norm.weigth".*"model.norm.weight"/);
  });

  it.each([
    [
      "a tensor that its shard lacks",
      { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors", c: "model-00002-of-00002.safetensors" },
      /tensor "c" is not in model-00002/,
    ],
    [
      "a tensor the index does not list",
      { a: "model-00001-of-00002.safetensors", z: "model-00002-of-00002.safetensors" },
      /holds tensor "b", which .* does not place there/,
    ],
    ["a shard outside the directory", { a: "../x.safetensors" }, /a plain \*\.safetensors name was expected/],
    ["a shard that is not there", { a: "model-00009-of-00009.safetensors" }, /no such file/],
  ])("refuses %s", async (_what, map, message) => {
    await shards(map);
    await expect(openCheckpoint(dir)).rejects.toThrow(message);
  });

  it("without safetensors says that pickles are never read", async () => {
    writeFileSync(join(dir, "pytorch_model.bin"), "x");
    await expect(openCheckpoint(dir)).rejects.toThrow(/pickle, which is never read/);
  });

  it("that cannot be looked into is not taken for one that lacks a file", async () => {
    symlinkSync("model.safetensors", join(dir, "model.safetensors"));
    const refusal = openCheckpoint(dir);
    await expect(refusal).rejects.toThrow(/model\.safetensors: cannot read/);
    await expect(refusal).rejects.toBeInstanceOf(IoError);
  });

  it("refuses NaN and infinity where asked, naming tensor and element", async () => {
    await writeSafetensors(join(dir, "model.safetensors"), [tensor("w", [1, NaN]), tensor("v", [Infinity], "F16")]);
    const checkpoint = await openCheckpoint(dir);
    expect(checkpoint.readFloat32("w")).toHaveLength(2);
    expect(() => checkpoint.readFloat32("w", { finite: true })).toThrow('tensor "w" holds NaN at element 1');
    expect(() => checkpoint.readFloat32("v", { finite: true })).toThrow('tensor "v" holds Infinity at element 0');
  });
});

const LORA = {
  r: 4,
  lora_alpha: 8,
  lora_dropout: 0.1,
  target_modules: ["v_proj", "q_proj"],
  use_rslora: false,
  base_model_name_or_path: null,
};
const loraTensors = () => [tensor(loraTensorName("model.layers.0.self_attn.q_proj", "lora_A"), [1, 2])];

describe("an adapter directory", () => {
  it("comes back as it was written", async () => {
    await writeAdapter(dir, { config: LORA, tensors: loraTensors() });
    const adapter = await readAdapter(dir);
    expect(adapter.config).toEqual({ ...LORA, target_modules: ["q_proj", "v_proj"] });
    expect([...adapter.readFloat32("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight")]).toEqual([1, 2]);
    expect(loraScale(adapter.config)).toBe(2);
    expect(loraScale({ ...adapter.config, use_rslora: true })).toBe(4);
  });

  /** What peft 0.21.2 writes for plain LoRA (keys it has beyond ours). */
  const peft = {
    alora_invocation_tokens: null,
    arrow_config: null,
    megatron_core: "megatron.core",
    peft_type: "LORA",
    peft_version: "0.21.2",
    qalora_group_size: 16,
    ensure_weight_tying: false,
    rank_pattern: {},
    bias: "none",
    use_dora: false,
  };
  const own = { r: 4, lora_alpha: 8, target_modules: ["q_proj"], task_type: "CAUSAL_LM" };

  it("as peft writes it is read", async () => {
    await writeSafetensors(join(dir, "adapter_model.safetensors"), loraTensors());
    writeFileSync(join(dir, "adapter_config.json"), JSON.stringify({ ...peft, ...own }));
    expect((await readAdapter(dir)).config.r).toBe(4);
  });

  it.each([
    [{ use_dora: true }, "use_dora = true is not implemented"],
    [{ bias: "all" }, 'bias = "all" is not implemented'],
    [{ rank_pattern: { q_proj: 2 } }, "rank_pattern"],
    [{ modules_to_save: ["lm_head"] }, "modules_to_save"],
    [{ peft_type: "IA3" }, 'peft_type is "IA3"'],
    [{ some_future_key: 1 }, "some_future_key = 1 is not implemented"],
    [{ r: 0 }, "r = 0"],
    [{ target_modules: "all-linear" }, "target_modules"],
  ])("that asks for more is refused by the key's name: %j", async (change, message) => {
    await writeSafetensors(join(dir, "adapter_model.safetensors"), loraTensors());
    writeFileSync(join(dir, "adapter_config.json"), JSON.stringify({ ...peft, ...own, ...change }));
    await expect(readAdapter(dir)).rejects.toThrow(message);
  });
});

describe("the fingerprint", () => {
  const write = async (values: number[]) => {
    await writeSafetensors(join(dir, "model.safetensors"), [tensor("a", values)]);
    writeFileSync(join(dir, "tokenizer.json"), "{}");
  };

  it("is equal for equal files and changes with weights, config and tokenizer", async () => {
    await write([1]);
    const first = await modelFingerprint(dir);
    await write([1]);
    expect(await modelFingerprint(dir)).toEqual(first);
    await write([2]);
    const second = await modelFingerprint(dir);
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(second.tokenizer).toBe(first.tokenizer);
    writeFileSync(join(dir, "tokenizer.json"), "{ }");
    const third = await modelFingerprint(dir);
    expect([third.tokenizer === second.tokenizer, third.fingerprint === second.fingerprint, third.base === second.base]).toEqual([
      false,
      false,
      true,
    ]);
    writeFileSync(join(dir, "config.json"), "{}");
    expect((await modelFingerprint(dir)).base).not.toBe(third.base);
  });

  it("keeps base and adapter apart, and does not see where the base lies", async () => {
    await write([1]);
    const base = await modelFingerprint(dir);
    const adapterDir = join(dir, "adapter");
    mkdirSync(adapterDir);
    const fingerprintWith = async (path: string) => {
      await writeAdapter(adapterDir, { config: { ...LORA, base_model_name_or_path: path }, tensors: loraTensors() });
      return modelFingerprint(adapterDir);
    };
    const relative = await fingerprintWith("..");
    expect(relative.base).toBe(base.base);
    expect(relative.tokenizer).toBe(base.tokenizer);
    expect(relative.fingerprint).not.toBe(base.fingerprint);
    expect(await fingerprintWith(dir)).toEqual(relative);
    await expect(fingerprintWith("org/model")).rejects.toThrow(/not a local checkpoint directory/);
  });
});
