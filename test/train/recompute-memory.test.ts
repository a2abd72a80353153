/** @file What gradient checkpointing and accumulation do to memory, on step graphs that are gone through without running them. */
import { describe, expect, test } from "vitest";
import { modelFromConfig } from "../../src/models/loader.ts";
import { graphMemory, type Sizes } from "../../src/onnx/memory.ts";
import { buildStep } from "../../src/train/step-graph.ts";

const [LAYERS, BATCH, LENGTH] = [12, 4, 256];
const shape = {
  model_type: "llama",
  vocab_size: 8192,
  hidden_size: 384,
  num_hidden_layers: LAYERS,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  intermediate_size: 1024,
  max_position_embeddings: LENGTH,
  tie_word_embeddings: true,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  hidden_act: "silu",
};
const model = await modelFromConfig(shape, "config.json");

/** Bytes of the arena of a generation step. */
function arena({ recompute, lora, runs }: { recompute: boolean; lora: boolean; runs: readonly Sizes[] }): number {
  const stored = (name: string) => {
    const size = model.weights().get(name)!;
    return {
      dtype: "BF16" as const,
      shape: size,
      file: "/weights",
      offset: 0,
      length: 2 * size.reduce((product, dim) => product * dim, 1),
    };
  };
  const { graph } = buildStep(model, stored, {
    objective: { retrieval_weight: 0, gen_weight: 1, alpha: 0, gen_rag_weight: 0, temperature: 1, normalize: true, session_mask: false },
    max_positions: LENGTH,
    row_blocks: 4,
    gradient_checkpointing: recompute,
    lora: lora ? { r: 16, scale: 2, target_modules: ["q_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] } : null,
  });
  return graphMemory(graph, runs).arena;
}

const sizes = (length: number): Sizes => {
  const rows = (BATCH * length) / 4;
  return { "G.B": BATCH, "G.S": length, "G.T0": rows, "G.T1": rows, "G.T2": rows, "G.T3": rows };
};

describe.each([{ lora: true }, { lora: false }])(`${LAYERS} layers, LoRA $lora`, ({ lora }) => {
  test("recomputing takes at most 0.35 of the memory", () => {
    const runs = [sizes(LENGTH)];
    const ratio = arena({ recompute: true, lora, runs }) / arena({ recompute: false, lora, runs });
    expect(ratio).toBeLessThan(0.35);
  });

  test("more pools, of other lengths too, take hardly more memory than the longest", () => {
    const one = arena({ recompute: false, lora, runs: [sizes(LENGTH)] });
    const many = arena({ recompute: false, lora, runs: [64, 256, 128, 240].map(sizes) });
    expect(many / one).toBeLessThan(1.15);
  });
});
