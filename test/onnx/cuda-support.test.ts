/** @file Every node of every graph has a kernel of the CUDA provider for its type. */
import { expect, it } from "vitest";
import { embeddingGraph } from "../../src/encode/embedding-graph.ts";
import type { Model } from "../../src/models/family.ts";
import { searchGraph } from "../../src/indexing/flat/block-search.ts";
import { cachedPass } from "../../src/models/cached-pass.ts";
import { families } from "../../src/models/loader.ts";
import { Parameters, type StoredTensor } from "../../src/models/parameters.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { backwardGraph, encodeGraph } from "../../src/train/chunk-graphs.ts";
import { passRoles } from "../../src/train/pass-roles.ts";
import { buildStep } from "../../src/train/step-graph.ts";
import { CUDA_KERNELS, DATA_INPUTS } from "./cuda-kernels.ts";

/** "operator: type" of every node without a kernel. */
function unsupported({ nodes }: GraphBuilder): string[] {
  const missing = nodes.flatMap(({ op, inputs }) => {
    const data = DATA_INPUTS[op]?.map((at) => inputs[at]) ?? inputs;
    return data.flatMap((value) => (value && !CUDA_KERNELS.get(op)?.includes(value.dtype) ? [`${op}: ${value.dtype}`] : []));
  });
  return [...new Set(missing)];
}

const objective = {
  retrieval_weight: 1,
  gen_weight: 1,
  alpha: 0.5,
  gen_rag_weight: 1,
  temperature: 0.1,
  normalize: true,
  session_mask: true,
};
const lookupOf =
  (model: Model, dtype: StoredTensor["dtype"]) =>
  (name: string): StoredTensor => ({
    dtype,
    shape: model.weights().get(name)!,
    file: "/none",
    offset: 0,
    length: 0,
  });

it.each(Object.keys(families))("%s: training steps, embedding and decoding", async (name) => {
  const { fromConfig, example } = await families[name]!();
  const model = fromConfig(example, name);
  for (const products of ["float32", "float16", "bfloat16"] as const)
    for (const gradient_checkpointing of [false, true])
      for (const lora of [null, { r: 2, scale: 1, target_modules: ["q_proj", "down_proj"], dropout: 0.1 }]) {
        const spec = { objective, max_positions: 16, row_blocks: 2, head_rows: 5, products, gradient_checkpointing, lora };
        const lookup = lookupOf(model, "BF16");
        const chunks = [...passRoles(objective).values()].map((role) => backwardGraph(model, lookup, { spec, role }));
        for (const { graph } of [buildStep(model, lookup, spec), encodeGraph(model, lookup, spec), ...chunks])
          expect(unsupported(graph)).toEqual([]);
      }
  for (const build of [
    (parameters: Parameters) => embeddingGraph(model, parameters, { max_positions: 16, normalize: true, pooling: "emb" }),
    (parameters: Parameters) => cachedPass(model, parameters, { max_positions: 16, seq: "S" }),
    (parameters: Parameters) => cachedPass(model, parameters, { max_positions: 16, seq: 1 }),
  ]) {
    const graph = new GraphBuilder();
    build(new Parameters({ graph, lookup: lookupOf(model, "BF16") }));
    expect(unsupported(graph)).toEqual([]);
  }
});

it("searching vectors", () => {
  expect(unsupported(searchGraph({ dimension: 4, count: 3 }))).toEqual([]);
});

it("the table refuses what the CPU alone can do", () => {
  const graph = new GraphBuilder();
  graph.op("Log", [graph.input("x", "bfloat16", [2])]);
  expect(unsupported(graph)).toEqual(["Log: bfloat16"]);
});
