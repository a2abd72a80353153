/** @file The work both sides of the LoRA benchmark do: a random 135M-shaped checkpoint, an adapter and a batch, on disk. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../../src/weights/safetensors.ts";

export const BATCH = 8;
export const LENGTH = 256;
const RANK = 16;
const TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] as const;

/** The shape of SmolLM2-135M; `quick` keeps two of its layers. */
export function shapeOf(quick: boolean) {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_size: 576,
    num_hidden_layers: quick ? 2 : 30,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    intermediate_size: 1536,
    vocab_size: 49152,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    hidden_act: "silu",
    tie_word_embeddings: true,
    bos_token_id: 1,
    eos_token_id: 2,
    torch_dtype: "float32",
  };
}

/** Makes the folder once: model/, adapter/, batch.json. Returns its path. */
export async function makeWorkload({ folder, quick }: { folder: string; quick: boolean }): Promise<string> {
  const work = join(folder, quick ? "llama-135m-shape-2-layers" : "llama-135m-shape");
  if (existsSync(work)) return work;
  const draft = `${work}.partial`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(join(draft, "model"), { recursive: true });
  mkdirSync(join(draft, "adapter"));
  const config = shapeOf(quick);
  const random = generator();
  writeFileSync(join(draft, "model/config.json"), JSON.stringify(config));
  await writeSafetensors(join(draft, "model/model.safetensors"), weights(config, random), { format: "pt" });
  const lora = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    r: RANK,
    lora_alpha: 2 * RANK,
    lora_dropout: 0,
    bias: "none",
    target_modules: TARGETS,
  };
  writeFileSync(join(draft, "adapter/adapter_config.json"), JSON.stringify(lora));
  await writeSafetensors(join(draft, "adapter/adapter_model.safetensors"), adapter(config, random), { format: "pt" });
  const row = (): number[] => Array.from({ length: LENGTH }, () => Math.floor((random() + 0.5) * config.vocab_size));
  writeFileSync(join(draft, "batch.json"), JSON.stringify(Array.from({ length: BATCH }, row)));
  renameSync(draft, work);
  return work;
}

/** Module → [out, in] of every linear of a layer. */
export function linears({
  hidden_size: h,
  intermediate_size: f,
  num_attention_heads: n,
  num_key_value_heads: kv,
}: ReturnType<typeof shapeOf>) {
  const small = (h / n) * kv;
  return {
    "self_attn.q_proj": [h, h],
    "self_attn.k_proj": [small, h],
    "self_attn.v_proj": [small, h],
    "self_attn.o_proj": [h, h],
    "mlp.gate_proj": [f, h],
    "mlp.up_proj": [f, h],
    "mlp.down_proj": [h, f],
  } as const;
}

function* weights(config: ReturnType<typeof shapeOf>, random: () => number) {
  yield tensor("model.embed_tokens.weight", [config.vocab_size, config.hidden_size], () => 0.07 * random());
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `model.layers.${layer}`;
    for (const [module, shape] of Object.entries(linears(config))) yield tensor(`${name}.${module}.weight`, shape, () => 0.07 * random());
    for (const norm of ["input_layernorm", "post_attention_layernorm"])
      yield tensor(`${name}.${norm}.weight`, [config.hidden_size], () => 1);
  }
  yield tensor("model.norm.weight", [config.hidden_size], () => 1);
}

function* adapter(config: ReturnType<typeof shapeOf>, random: () => number) {
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

/** Every frozen number, the tied embedding once. */
export function parametersOf(config: ReturnType<typeof shapeOf>): number {
  const linear = Object.values(linears(config)).reduce((sum, [out, input]) => sum + out * input, 0);
  return config.vocab_size * config.hidden_size + config.num_hidden_layers * (linear + 2 * config.hidden_size) + config.hidden_size;
}
