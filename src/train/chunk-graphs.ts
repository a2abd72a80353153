/** @file The graphs of a step with cached representations (GradCache, arXiv 2101.06983): forward alone, backward from e, the losses of e. */
import { gradients } from "../autodiff/backward.ts";
import type { Model } from "../models/family.ts";
import type { TensorLookup } from "../models/parameters.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Value } from "../onnx/ir.ts";
import type { PassRole } from "./pass-roles.ts";
import type { Objective, StepSpec } from "./step-spec.ts";
import { addGradients, addPass, beginStep, contrastiveTerm, embeddingsOf, generationTerm, type StepGradients } from "./step-terms.ts";

/** What the inputs of a chunk's graph begin with: chunks of all passes run through the same graphs. */
export const CHUNK = "chunk";

export interface ChunkGraph extends StepGradients {
  graph: GraphBuilder;
}

/** Forward alone: `e` [sequences, hidden] of a chunk of any pass. Nothing of it is kept for backward. */
export function encodeGraph(model: Model, lookup: TensorLookup, spec: StepSpec): ChunkGraph {
  const step = beginStep(model, lookup, { ...spec, gradient_checkpointing: false });
  addPass(step, CHUNK, { hole: false });
  step.graph.output("e", embeddingsOf(step, CHUNK));
  const { trained, dropoutColumns } = step.parameters;
  return { graph: step.graph, trained, dropoutColumns, embeddingGradients: [] };
}

/**
 * Forward and backward of Σ e·`chunk.e_grad` + `chunk.generation_weight`·loss. With e_grad = ∂L/∂e its gradient is what the chunk adds
 * to the gradient of L over the whole pool. `loss` is the chunk's part of its generation loss.
 */
export function backwardGraph(model: Model, lookup: TensorLookup, { spec, role }: { spec: StepSpec; role: PassRole }): ChunkGraph {
  const step = beginStep(model, lookup, spec);
  const { graph } = step;
  addPass(step, CHUNK, role);
  const terms: Value[] = [];
  if (role.embeds) {
    const e = embeddingsOf(step, CHUNK);
    terms.push(graph.op("ReduceSum", [graph.op("Mul", [e, graph.input(`${CHUNK}.e_grad`, "float32", e.shape)])], { keepdims: 0 }));
  }
  if (role.answers) {
    const loss = generationTerm(step, CHUNK);
    graph.output("loss", loss);
    terms.push(graph.op("Mul", [loss, graph.input(`${CHUNK}.generation_weight`, "float32", [])]));
  }
  const total = terms.reduce((sum, term) => graph.op("Add", [sum, term]));
  return { graph, ...addGradients(step, total) };
}

/** `loss` of some queries against all candidates of the pool, and the gradients of `weight`·loss as `grad.queries`, `grad.candidates`. */
export function contrastGraph(objective: Objective, hidden: number): GraphBuilder {
  const graph = new GraphBuilder();
  const queries = graph.input("queries", "float32", ["queries", hidden]);
  const candidates = graph.input("candidates", "float32", ["candidates", hidden]);
  const loss = contrastiveTerm(graph, { name: "contrast", queries, candidates }, objective);
  const found = gradients(graph, graph.op("Mul", [loss, graph.input("weight", "float32", [])]), [queries, candidates]);
  graph.output("loss", loss);
  graph.output("grad.queries", found.get(queries)!);
  graph.output("grad.candidates", found.get(candidates)!);
  return graph;
}
