/** @file Random shapes of training runs: the checkpoint of each, and its command line. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { modelFromConfig } from "../../src/models/loader.ts";
import { Rng } from "../../src/util/rng.ts";
import { writeSafetensors } from "../../src/weights/safetensors.ts";

export interface Shape {
  name: string;
  config: Record<string, unknown>;
  dtype: "F32" | "BF16";
  options: string[];
}

export function randomShape(seed: string): Shape {
  const rng = Rng.of(0, "shape", seed);
  const pick = <T>(values: readonly T[]): T => rng.pick(values);
  const heads = pick([2, 4, 6, 8]);
  const hidden = heads * pick([32, 48, 64]);
  const layers = pick([2, 3, 4, 6, 8]);
  const vocab = pick([4000, 9000, 16_000, 30_000]);
  const lengths = { query: pick([48, 96, 160]), passage: pick([48, 96, 128]), response: pick([16, 32, 64]) };
  const batch = pick([3, 4, 8, 12]);
  const dtype = pick(["F32", "BF16"] as const);
  const wide = Math.round(hidden * pick([2, 2.67, 4]));
  const rank = pick([4, 16, 32]);
  const rag = pick([0, 1]);
  const accumulation = pick([1, 1, 2]);
  return {
    name: `${layers} × ${hidden}, ffn ${wide}, vocab ${vocab}, ${dtype}, batch ${batch} of ${lengths.query}/${lengths.passage}/${lengths.response}`,
    dtype,
    config: {
      model_type: "llama",
      architectures: ["LlamaForCausalLM"],
      hidden_size: hidden,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      num_key_value_heads: pick([heads, heads / 2]),
      intermediate_size: wide,
      vocab_size: vocab,
      max_position_embeddings: 1024,
      rms_norm_eps: 1e-5,
      rope_theta: 10_000,
      hidden_act: "silu",
      tie_word_embeddings: rng.uniform() < 0.5,
      bos_token_id: 1,
      eos_token_id: 2,
    },
    options: Object.entries({
      "batch-size": batch,
      "lora-r": rank,
      "gen-rag-weight": rag,
      accumulation,
      "max-steps": 3,
      device: "cpu",
      threads: 2,
      "max-query-length": lengths.query,
      "max-passage-length": lengths.passage,
      "max-response-length": lengths.response,
    }).flatMap(([name, value]) => [`--${name}`, String(value)]),
  };
}

/** Writes the shape's checkpoint with the tokenizer of another model. */
export async function writeShape({ config, dtype }: Shape, { folder, tokenizer }: { folder: string; tokenizer: string }): Promise<string> {
  if (existsSync(join(folder, "model.safetensors"))) return folder;
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(tokenizer)) if (/token|chat_template/.test(name)) copyFileSync(join(tokenizer, name), join(folder, name));
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const model = await modelFromConfig(config, folder);
  const rng = Rng.of(0, "weights");
  const tensors = [...model.weights()].map(([name, shape]) => {
    const numbers = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < numbers.length; i++) numbers[i] = name.endsWith("norm.weight") ? 1 : (rng.uniform() - 0.5) * 0.07;
    return { name, dtype, shape: [...shape], data: dtype === "F32" ? bytes(numbers) : upperHalves(numbers) };
  });
  await writeSafetensors(join(folder, "model.safetensors"), tensors, { format: "pt" });
  return folder;
}

const bytes = (data: Float32Array): Uint8Array => new Uint8Array(data.buffer);

/** bfloat16 is the upper half of a float32. */
function upperHalves(numbers: Float32Array): Uint8Array {
  const words = new Uint32Array(numbers.buffer);
  return new Uint8Array(Uint16Array.from(words, (word) => word >>> 16).buffer);
}
