/** @file What both sides of a training benchmark read from disk: a random checkpoint, an adapter, a batch of token ids and a pool. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../../src/weights/safetensors.ts";
import { conversationPool } from "./conversations.ts";
import { linears, miniShape, type Shape, shapeOf } from "./shapes.ts";

export const BATCH = 8;
export const LENGTH = 256;
const RANK = 16;
const TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] as const;

interface Place {
  folder: string;
  quick: boolean;
}

/** The 135M shape with an adapter. */
export const makeWorkload = ({ folder, quick }: Place): Promise<string> =>
  make(join(folder, quick ? "llama-135m-shape-2-layers" : "llama-135m-shape"), shapeOf(quick), { adapter: true });

/** The 15M shape, to be trained whole. */
export const makeFullWorkload = ({ folder, quick }: Place): Promise<string> =>
  make(join(folder, quick ? "mini-shape-2-layers" : "mini-shape"), miniShape(quick), { adapter: false });

/** Makes the folder once: model/, adapter/ where one is wanted, batch.json, pool.json. Returns its path. */
async function make(work: string, config: Shape, { adapter }: { adapter: boolean }): Promise<string> {
  if (existsSync(join(work, "pool.json"))) return work;
  const draft = `${work}.partial`;
  for (const old of [draft, work]) rmSync(old, { recursive: true, force: true });
  mkdirSync(join(draft, "model"), { recursive: true });
  const random = generator();
  writeFileSync(join(draft, "model/config.json"), JSON.stringify(config));
  await writeSafetensors(join(draft, "model/model.safetensors"), weights(config, random), { format: "pt" });
  if (adapter) await writeAdapter(join(draft, "adapter"), config, random);
  const token = (): number => Math.floor((random() + 0.5) * config.vocab_size);
  const row = (): number[] => Array.from({ length: LENGTH }, token);
  writeFileSync(join(draft, "batch.json"), JSON.stringify(Array.from({ length: BATCH }, row)));
  writeFileSync(join(draft, "pool.json"), JSON.stringify(conversationPool(token)));
  renameSync(draft, work);
  return work;
}

async function writeAdapter(folder: string, config: Shape, random: () => number): Promise<void> {
  mkdirSync(folder);
  const lora = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    r: RANK,
    lora_alpha: 2 * RANK,
    lora_dropout: 0,
    bias: "none",
    target_modules: TARGETS,
  };
  writeFileSync(join(folder, "adapter_config.json"), JSON.stringify(lora));
  await writeSafetensors(join(folder, "adapter_model.safetensors"), lowRank(config, random), { format: "pt" });
}

function* weights(config: Shape, random: () => number) {
  yield tensor("model.embed_tokens.weight", [config.vocab_size, config.hidden_size], () => 0.07 * random());
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `model.layers.${layer}`;
    for (const [module, shape] of Object.entries(linears(config))) yield tensor(`${name}.${module}.weight`, shape, () => 0.07 * random());
    for (const norm of ["input_layernorm", "post_attention_layernorm"])
      yield tensor(`${name}.${norm}.weight`, [config.hidden_size], () => 1);
  }
  yield tensor("model.norm.weight", [config.hidden_size], () => 1);
}

function* lowRank(config: Shape, random: () => number) {
  for (let layer = 0; layer < config.num_hidden_layers; layer++)
    for (const [module, [out, input]] of Object.entries(linears(config))) {
      const name = `base_model.model.model.layers.${layer}.${module}`;
      yield tensor(`${name}.lora_A.weight`, [RANK, input], () => 0.15 * random());
      yield tensor(`${name}.lora_B.weight`, [out, RANK], () => 0.03 * random());
    }
}

function tensor(name: string, shape: readonly number[], next: () => number) {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < data.length; i++) data[i] = next();
  return { name, dtype: "F32" as const, shape: [...shape], data: new Uint8Array(data.buffer) };
}

/** Uniform in [-0.5, 0.5); a hundred million draws must not take a minute (xorshift32). */
function generator(): () => number {
  let state = 0x2545f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000 - 0.5;
  };
}
