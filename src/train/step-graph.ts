/** @file One training step as one graph: the passes, the losses, and the gradient of everything trained. */
import { gradients } from "../autodiff/backward.ts";
import { contrastive, normalized } from "../losses/contrastive.ts";
import { crossEntropy } from "../losses/cross-entropy.ts";
import { selectRows } from "../losses/rows.ts";
import type { ForwardOutputs, Model } from "../models/family.ts";
import { type LoraSpec, Parameters, type TensorLookup } from "../models/parameters.ts";
import { runPass } from "../models/pass.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Value } from "../onnx/ir.ts";

/** Which terms the step computes, and how. Weights of zero leave their passes out of the graph. */
export interface Objective {
  retrieval_weight: number;
  gen_weight: number;
  /** α of Eq. 1. */
  alpha: number;
  gen_rag_weight: number;
  temperature: number;
  normalize: boolean;
  session_mask: boolean;
}

export interface StepSpec {
  objective: Objective;
  max_positions: number;
  /** Blocks the cross-entropy rows of a pass come in; each holds one block's logits at a time. */
  row_blocks: number;
  /** Compute each layer again in backward instead of keeping its activations. */
  gradient_checkpointing?: boolean;
  /** Rows of a frozen head that are cast and multiplied at a time; by default 16 MB of them, 4096 at most. */
  head_rows?: number | null;
  /** Full fine-tuning, or LoRA on top of frozen weights. */
  lora: LoraSpec | null;
}

/** The sequences that get a pass of their own. e(Q) is read from G. */
export type PassName = "G" | "P" | "X" | "R";
export type LossName = "L_R" | "L_G" | "L_CII" | "L_RAG";

export interface StepGraph {
  graph: GraphBuilder;
  passes: PassName[];
  losses: LossName[];
  /** Trained tensors by name; the graph has an input of that name and an output `grad.<name>`. */
  trained: Map<string, Value>;
  /** Passes with an output `embedding_grad.<pass>` [B, S, hidden]: rows to be added to the token embedding's gradient. */
  embeddingGradients: PassName[];
}

export const TOKEN_EMBEDDING = "model.embed_tokens.weight";

/** Builds the step. The feeds it takes are made by `step-feeds.ts`. */
export function buildStep(model: Model, lookup: TensorLookup, spec: StepSpec): StepGraph {
  const graph = new GraphBuilder({ recompute: spec.gradient_checkpointing ?? false });
  const parameters = new Parameters({
    graph,
    lookup,
    lora: spec.lora,
    isTrained: () => spec.lora === null,
    block_rows: spec.head_rows ?? null,
  });
  const { objective } = spec;
  const step = { graph, parameters, model, spec, outputs: new Map<PassName, ForwardOutputs>() };

  const terms = new Map<LossName, { loss: Value; weight: number }>();
  const add = (name: LossName, weight: number, build: () => Value) =>
    weight > 0 && terms.set(name, { loss: graph.scope(name, build), weight });
  add("L_R", objective.retrieval_weight, () => contrastiveTerm(step, { name: "retrieval", queries: "G", candidates: "P" }));
  add("L_CII", objective.alpha, () => contrastiveTerm(step, { name: "identification", queries: "X", candidates: "R" }));
  add("L_RAG", objective.gen_rag_weight, () => generationTerm(step, "X"));
  add("L_G", objective.gen_weight, () => generationTerm(step, "G"));

  const total = weightedSum(graph, [...terms.values()]);
  const passes = [...step.outputs.keys()];
  const { trained, embeddingGradients } = addGradients(step, total);
  for (const [name, { loss }] of terms) graph.output(name, loss);
  graph.output("L", total);
  return { graph, passes, losses: [...terms.keys()], trained, embeddingGradients };
}

interface Step {
  graph: GraphBuilder;
  parameters: Parameters;
  model: Model;
  spec: StepSpec;
  outputs: Map<PassName, ForwardOutputs>;
}

/** The pass, run when a loss first asks for it. */
function passOf({ parameters, model, spec, outputs }: Step, name: PassName): ForwardOutputs {
  const known = outputs.get(name);
  if (known) return known;
  const hole =
    (name === "G" && spec.objective.session_mask && spec.objective.gen_weight > 0) || (name === "X" && spec.objective.gen_rag_weight > 0);
  const made = runPass(model, parameters, { name, hole, max_positions: spec.max_positions });
  outputs.set(name, made);
  return made;
}

function contrastiveTerm(step: Step, { name, queries, candidates }: { name: string; queries: PassName; candidates: PassName }): Value {
  const { graph, spec } = step;
  const embed = (pass: PassName): Value => {
    const { hidden } = passOf(step, pass);
    const rows = selectRows(graph, hidden, graph.input(`${pass}.emb_rows`, "int64", [`${pass}.E`]));
    return spec.objective.normalize ? normalized(graph, rows) : rows;
  };
  const pair = { queries: embed(queries), candidates: embed(candidates) };
  const [rows, columns] = [pair.queries.shape[0]!, pair.candidates.shape[0]!];
  const labels = graph.input(`${name}.labels`, "int64", [rows, 1]);
  const bias = graph.input(`${name}.bias`, "float32", [rows, columns]);
  const weights = graph.input(`${name}.weights`, "float32", [rows, 1]);
  return contrastive(graph, { ...pair, labels, bias, weights }, spec.objective);
}

/** Blocks of rows, so that only one block's logits [rows, vocab] are alive. */
function generationTerm(step: Step, pass: PassName): Value {
  const { graph, parameters, model, spec } = step;
  const { hidden } = passOf(step, pass);
  const blocks = Array.from({ length: spec.row_blocks }, (_, block) => {
    const rows = [`${pass}.T${block}`];
    const chosen = selectRows(graph, hidden, graph.input(`${pass}.response_rows.${block}`, "int64", rows));
    const targets = graph.input(`${pass}.targets.${block}`, "int64", [...rows, 1]);
    const weights = graph.input(`${pass}.weights.${block}`, "float32", [...rows, 1]);
    return crossEntropy(graph, { hidden: chosen, targets, weights }, model.headTable(parameters));
  });
  return blocks.reduce((sum, block) => graph.op("Add", [sum, block]));
}

function weightedSum(graph: GraphBuilder, terms: { loss: Value; weight: number }[]): Value {
  if (terms.length === 0) throw new Error("every loss has weight zero: nothing to train");
  return terms
    .map(({ loss, weight }) => (weight === 1 ? loss : graph.op("Mul", [loss, graph.scalar(weight)])))
    .reduce((sum, term) => graph.op("Add", [sum, term]));
}

/**
 * The token embedding is looked up sparsely: its gradient leaves the graph as rows per pass, which JavaScript adds up 30 × faster
 * than a scatter over the vocabulary. A tied head adds its dense part as `grad.model.embed_tokens.weight`.
 */
function addGradients({ graph, parameters, model, spec, outputs }: Step, total: Value): Pick<StepGraph, "trained" | "embeddingGradients"> {
  const embedding = parameters.trained.get(TOKEN_EMBEDDING);
  const dense = new Map(parameters.trained);
  const headReadsIt = model.config.tie_word_embeddings && (spec.objective.gen_weight > 0 || spec.objective.gen_rag_weight > 0);
  if (!headReadsIt) dense.delete(TOKEN_EMBEDDING);
  const boundaries = embedding ? [...outputs].map(([pass, { embeddings }]) => [pass, embeddings] as const) : [];

  const found = gradients(graph, total, [...dense.values(), ...boundaries.map(([, value]) => value)]);
  for (const [name, value] of dense) graph.output(`grad.${name}`, found.get(value)!);
  for (const [pass, value] of boundaries) graph.output(`embedding_grad.${pass}`, found.get(value)!);
  return { trained: parameters.trained, embeddingGradients: boundaries.map(([pass]) => pass) };
}
