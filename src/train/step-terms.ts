/** @file The pieces that training graphs are composed of: passes, embeddings, loss terms, gradients. */
import { gradients } from "../autodiff/backward.ts";
import { contrastive, normalized } from "../losses/contrastive.ts";
import { crossEntropy } from "../losses/cross-entropy.ts";
import { meanRow, smoothing } from "../losses/label-smoothing.ts";
import { pooledRows, selectRows } from "../losses/rows.ts";
import type { ForwardOutputs, Model } from "../models/family.ts";
import { Parameters, type TensorLookup } from "../models/parameters.ts";
import { runPass } from "../models/pass.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import type { Value } from "../onnx/ir.ts";
import type { Feeds } from "../onnx/session.ts";
import type { Objective, StepSpec } from "./step-spec.ts";

export const TOKEN_EMBEDDING = "model.embed_tokens.weight";

/** A training graph in the making. */
export interface StepParts {
  graph: GraphBuilder;
  parameters: Parameters;
  model: Model;
  spec: StepSpec;
  /** The passes made so far, by the name their inputs begin with. */
  passes: Map<string, ForwardOutputs>;
  /** Whether a generation loss has read the output embedding. */
  readsHead: boolean;
}

export function beginStep(model: Model, lookup: TensorLookup, spec: StepSpec): StepParts {
  const graph = new GraphBuilder({ recompute: spec.gradient_checkpointing ?? false, products: spec.products ?? "float32" });
  const parameters = new Parameters({
    graph,
    lookup,
    lora: spec.lora,
    isTrained: () => spec.lora === null,
    block_rows: spec.head_rows ?? null,
  });
  return { graph, parameters, model, spec, passes: new Map(), readsHead: false };
}

/** Runs a pass under the name `name`, whose inputs are `<name>.input_ids` and so on. */
export function addPass({ parameters, model, spec, passes }: StepParts, name: string, { hole }: { hole: boolean }): void {
  passes.set(name, runPass(model, parameters, { name, hole, max_positions: spec.max_positions }));
}

/** e of every sequence of a pass [sequences, hidden], normalised where the objective asks for it. */
export function embeddingsOf({ graph, passes, spec }: StepParts, pass: string): Value {
  const { hidden } = passes.get(pass)!;
  const rows =
    spec.objective.pooling === "mean"
      ? pooledRows(graph, hidden, graph.input(`${pass}.pool_weights`, "float32", hidden.shape.slice(0, 2)))
      : selectRows(graph, hidden, graph.input(`${pass}.emb_rows`, "int64", [`${pass}.E`]));
  return spec.objective.normalize ? normalized(graph, rows) : rows;
}

/** InfoNCE between rows of embeddings; `name` begins the names of its labels, bias and weights. */
export function contrastiveTerm(
  graph: GraphBuilder,
  { name, queries, candidates }: { name: string; queries: Value; candidates: Value },
  { temperature }: Objective,
): Value {
  const [rows, columns] = [queries.shape[0]!, candidates.shape[0]!];
  const labels = graph.input(`${name}.labels`, "int64", [rows, 1]);
  const bias = graph.input(`${name}.bias`, "float32", [rows, columns]);
  const weights = graph.input(`${name}.weights`, "float32", [rows, 1]);
  return contrastive(graph, { queries, candidates, labels, bias, weights }, { temperature });
}

/** Blocks of rows, so that only one block's logits [rows, vocab] are alive. */
export function generationTerm(step: StepParts, pass: string): Value {
  const { graph, parameters, model, spec, passes } = step;
  const { hidden } = passes.get(pass)!;
  step.readsHead = true;
  const head = model.headTable(parameters);
  const { label_smoothing: epsilon = 0 } = spec.objective;
  const mean = epsilon > 0 ? meanRow(graph, head) : null;
  const blocks = Array.from({ length: spec.row_blocks }, (_, block) => {
    const rows = [`${pass}.T${block}`];
    const chosen = selectRows(graph, hidden, graph.input(`${pass}.response_rows.${block}`, "int64", rows));
    const targets = graph.input(`${pass}.targets.${block}`, "int64", [...rows, 1]);
    const weights = graph.input(`${pass}.weights.${block}`, "float32", [...rows, 1]);
    const of = { hidden: chosen, targets, weights };
    const loss = crossEntropy(graph, of, head);
    return mean === null ? loss : graph.op("Add", [loss, graph.op("Mul", [smoothing(graph, of, head, mean), graph.scalar(epsilon)])]);
  });
  return blocks.reduce((sum, block) => graph.op("Add", [sum, block]));
}

export interface StepGradients {
  /** Trained tensors by name; the graph has an input of that name and an output `grad.<name>`. */
  trained: Map<string, Value>;
  /** Passes with an output `embedding_grad.<pass>` [B, S, hidden]: rows to be added to the token embedding's gradient. */
  embeddingGradients: string[];
  /** With dropout the inputs that hold the words of each module's columns; empty without. */
  dropoutColumns: ReadonlyMap<string, Value>;
}

/**
 * The token embedding is looked up sparsely: its gradient leaves the graph as rows per pass, which JavaScript adds up 30 × faster
 * than a scatter over the vocabulary. A tied head adds its dense part as `grad.model.embed_tokens.weight`.
 * Every gradient is multiplied by `seed`, where there is one.
 */
export function addGradients({ graph, parameters, model, passes, readsHead }: StepParts, total: Value, seed?: Value): StepGradients {
  const embedding = parameters.trained.get(TOKEN_EMBEDDING);
  const dense = new Map(parameters.trained);
  if (!model.config.tie_word_embeddings || !readsHead) dense.delete(TOKEN_EMBEDDING);
  const boundaries = embedding ? [...passes].map(([pass, { embeddings }]) => [pass, embeddings] as const) : [];

  const found = gradients(graph, total, [...dense.values(), ...boundaries.map(([, value]) => value)], seed);
  for (const [name, value] of dense) graph.output(`grad.${name}`, found.get(value)!);
  for (const [pass, value] of boundaries) graph.output(`embedding_grad.${pass}`, found.get(value)!);
  const { trained, dropoutColumns } = parameters;
  return { trained, embeddingGradients: boundaries.map(([pass]) => pass), dropoutColumns };
}

/** The trained tensors as feeds, read where they lie: they need not be made anew when the numbers change. */
export function parameterFeeds(trained: ReadonlyMap<string, Value>, parameters: ReadonlyMap<string, Float32Array>): Feeds {
  return Object.fromEntries(
    [...trained].map(([name, { shape }]) => [name, { data: parameters.get(name)!, shape: shape as readonly number[] }]),
  );
}
