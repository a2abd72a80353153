/** @file One training step as one graph: the passes, the losses, and the gradient of everything trained. */
import type { Model } from "../models/family.ts";
import type { TensorLookup } from "../models/parameters.ts";
import type { GraphBuilder } from "../onnx/builder.ts";
import type { Value } from "../onnx/ir.ts";
import { CONTRASTED, type ContrastiveName, passRoles } from "./pass-roles.ts";
import type { LossName, PassName, StepSpec } from "./step-spec.ts";
import { addGradients, addPass, beginStep, contrastiveTerm, embeddingsOf, generationTerm, type StepGradients } from "./step-terms.ts";

export const LOSS_SCALE = "loss_scale";

export interface StepGraph extends StepGradients {
  graph: GraphBuilder;
  passes: PassName[];
  losses: LossName[];
}

/** Builds the step over a whole pool. The feeds it takes are made by `pool-feeds.ts`. */
export function buildStep(model: Model, lookup: TensorLookup, spec: StepSpec): StepGraph {
  const step = beginStep(model, lookup, spec);
  const { graph } = step;
  const { objective } = spec;
  const roles = passRoles(objective);
  const made = (pass: PassName): PassName => {
    if (!step.passes.has(pass)) addPass(step, pass, roles.get(pass)!);
    return pass;
  };
  const contrast = (name: ContrastiveName): Value => {
    const [queries, candidates] = CONTRASTED[name].map((pass) => embeddingsOf(step, made(pass)));
    return contrastiveTerm(graph, { name, queries: queries!, candidates: candidates! }, objective);
  };

  const terms = new Map<LossName, { loss: Value; weight: number }>();
  const add = (name: LossName, weight: number, build: () => Value) =>
    weight > 0 && terms.set(name, { loss: graph.scope(name, build), weight });
  add("L_R", objective.retrieval_weight, () => contrast("retrieval"));
  add("L_CII", objective.alpha, () => contrast("identification"));
  add("L_RAG", objective.gen_rag_weight, () => generationTerm(step, made("X")));
  add("L_G", objective.gen_weight, () => generationTerm(step, made("G")));

  const total = weightedSum(graph, [...terms.values()]);
  const seed = spec.products === "float16" ? graph.input(LOSS_SCALE, "float32", []) : undefined;
  const found = addGradients(step, total, seed);
  for (const [name, { loss }] of terms) graph.output(name, loss);
  graph.output("L", total);
  return { graph, passes: [...step.passes.keys()] as PassName[], losses: [...terms.keys()], ...found };
}

function weightedSum(graph: GraphBuilder, terms: { loss: Value; weight: number }[]): Value {
  if (terms.length === 0) throw new Error("every loss has weight zero: nothing to train");
  return terms
    .map(({ loss, weight }) => (weight === 1 ? loss : graph.op("Mul", [loss, graph.scalar(weight)])))
    .reduce((sum, term) => graph.op("Add", [sum, term]));
}
