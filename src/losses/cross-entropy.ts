/** @file Weighted next-token cross-entropy over chosen rows (objective: L_G, and the RAG loss). */
import type { GraphBuilder } from "../onnx/builder.ts";
import { customGradient } from "../onnx/custom.ts";
import type { Value } from "../onnx/ir.ts";
import type { Table } from "../onnx/table.ts";
import type { LossExample } from "./example.ts";

export interface CrossEntropyRows {
  /** Hidden states that predict: [rows, hidden]. */
  hidden: Value;
  /** The token each row predicts: int64 [rows, 1]. */
  targets: Value;
  /** What each row counts: float32 [rows, 1]; 1/(T_i·n) gives the mean over samples of the mean over tokens. */
  weights: Value;
}

/** Σ w · −log softmax(h · Eᵀ)[target], a scalar. `head` is E [vocab, hidden]. */
export function crossEntropy(graph: GraphBuilder, { hidden, targets, weights }: CrossEntropyRows, head: Table): Value {
  return graph.scope("cross_entropy", () =>
    graph.op("ReduceSum", [graph.op("Mul", [tokenLosses(graph, { hidden, targets }, head), weights])], { keepdims: 0 }),
  );
}

/** What is known of the rows after some blocks of the vocabulary, each [rows, 1]. */
interface Seen {
  /** m = max l */
  max: Value;
  /** Σ exp(l − m) */
  sum: Value;
  /** l[target]; NOT_SEEN until its block came. */
  own: Value;
}

/** Seen, with the shares of the sum that the newest block and those before it have. */
interface Joined extends Seen {
  shares: { before: Value; block: Value } | null;
}

/** Below any logit. */
const NOT_SEEN = -3e38;

/**
 * −log p(target) = log Σ exp(l − m) − (l[target] − m) per row [rows, 1], the sum taken over blocks of the vocabulary one after the
 * other (arXiv 1805.02867). Of a block only columns outlive it, and no logits [rows, vocab] exist unless E is one block.
 */
function tokenLosses(graph: GraphBuilder, { hidden, targets }: Pick<CrossEntropyRows, "hidden" | "targets">, head: Table): Value {
  const blocks = head.blocks();
  let seen: Joined[];
  let p: Value[];
  return customGradient(graph, {
    name: "token_losses",
    inputs: [hidden, ...blocks],
    forward: () => {
      const parts = vocabularyParts(graph, { hidden, targets }, blocks);
      p = parts.map((part) => part.p);
      seen = parts.reduce<Joined[]>((list, part) => [...list, joined(graph, list.at(-1), part)], []);
      const { sum, own, max } = seen.at(-1)!;
      return [graph.op("Sub", [graph.op("Log", [sum]), graph.op("Sub", [own, max])])];
    },
    gradient: ({ inputs: [h], gradients: [dy] }) =>
      blocks.length === 1
        ? wholeGradient(graph, { h: h!, E: blocks[0]!, p: p[0]!, targets, seen: seen.at(-1)!, dy: dy! })
        : [
            graph.op("Mul", [graph.op("Sub", [expectedRow(graph, { p, seen, blocks }), head.rowsOf(rowIds(graph, targets))]), dy!]),
            ...blocks.map(() => null),
          ],
  })[0]!;
}

/** Softmax within each block, with its columns: max p ≥ 1/size never underflows, and 1/max p = Σ exp(l − m). */
function vocabularyParts(
  graph: GraphBuilder,
  { hidden, targets }: Pick<CrossEntropyRows, "hidden" | "targets">,
  blocks: readonly Value[],
): (Seen & { p: Value })[] {
  const maxOf = (x: Value) => graph.op("ReduceMax", [x, graph.ints(-1)], { keepdims: 1 });
  let end = blocks.reduce((sum, E) => sum + Number(E.shape[0]), 0);
  // Of two blocks that an operator waits for, the one built last runs first: so the first block is built last.
  const parts = blocks.toReversed().map((E) => {
    const logits = graph.matmul(hidden, E, { transB: true });
    const p = graph.op("Softmax", [logits], { axis: -1 });
    end -= Number(E.shape[0]);
    const own = ownLogit(graph, { logits, targets, start: end, alone: blocks.length === 1 });
    // l[target] changes no maximum, but is read in time this way: the loss alone would keep the logits until the very end.
    const max = larger(graph, maxOf(logits), own);
    return { p, max, sum: graph.op("Reciprocal", [maxOf(p)]), own };
  });
  return parts.reverse();
}

const larger = (graph: GraphBuilder, a: Value, b: Value): Value => graph.op("Where", [graph.op("Less", [a, b]), b, a]);

/** l[target] where the block that begins at token `start` has it. */
function ownLogit(
  graph: GraphBuilder,
  { logits, targets, start, alone }: { logits: Value; targets: Value; start: number; alone: boolean },
): Value {
  const read = (at: Value) => graph.op("GatherElements", [logits, at], { axis: 1 });
  if (alone) return read(targets);
  const inside = graph.op("And", [
    graph.op("GreaterOrEqual", [targets, graph.intScalar(start)]),
    graph.op("Less", [targets, graph.intScalar(start + Number(logits.shape[1]))]),
  ]);
  const place = graph.op("Where", [inside, graph.op("Sub", [targets, graph.intScalar(start)]), graph.intScalar(0)]);
  return graph.op("Where", [inside, read(place), graph.scalar(NOT_SEEN)]);
}

function joined(graph: GraphBuilder, before: Seen | undefined, block: Seen): Joined {
  if (!before) return { ...block, shares: null };
  const max = larger(graph, before.max, block.max);
  const scaled = (seen: Seen) => graph.op("Mul", [seen.sum, graph.op("Exp", [graph.op("Sub", [seen.max, max])])]);
  const added = scaled(block);
  const kept = scaled(before);
  const sum = graph.op("Add", [kept, added]);
  const shares = { before: graph.op("Div", [kept, sum]), block: graph.op("Div", [added, sum]) };
  return { max, sum, own: larger(graph, before.own, block.own), shares };
}

/**
 * Σ p_v·E_v over the whole vocabulary [rows, hidden]: the mean of the blocks' own, weighted by their shares of the sum so far. The
 * logits are not computed twice, and a block's cast serves both of its products. Every product is built before every sum: so one
 * block after the other is finished and freed.
 */
function expectedRow(
  graph: GraphBuilder,
  { p, seen, blocks }: { p: readonly Value[]; seen: readonly Joined[]; blocks: readonly Value[] },
): Value {
  const rows = blocks.map((E, at) => graph.matmul(p[at]!, E));
  const parts = rows.map((row, at) => (at === 0 ? row : graph.op("Mul", [row, seen[at]!.shares!.block])));
  return parts.reduce((mean, part, at) => graph.op("Add", [graph.op("Mul", [mean, seen[at]!.shares!.before]), part]));
}

/** E in one block, trained or frozen: dl = (p − onehot)·dy, dh = dl·E, dE = dlᵀ·h. */
function wholeGradient(
  graph: GraphBuilder,
  { h, E, p, targets, seen, dy }: { h: Value; E: Value; p: Value; targets: Value; seen: Seen; dy: Value },
): Value[] {
  const pTarget = graph.op("Div", [graph.op("Exp", [graph.op("Sub", [seen.own, seen.max])]), seen.sum]);
  const slope = graph.op("ScatterElements", [p, targets, graph.op("Sub", [pTarget, graph.scalar(1)])], { axis: 1 });
  return [graph.op("Mul", [graph.matmul(slope, E), dy]), graph.matmul(slope, graph.op("Mul", [h, dy]), { transA: true })];
}

/** int64 [rows, 1] → [rows] */
const rowIds = (graph: GraphBuilder, ids: Value): Value => graph.reshape(ids, [ids.shape[0]!]);

const rows = {
  hidden: { shape: [4, 3], range: [-2, 2] as const },
  targets: { dtype: "int64" as const, shape: [4, 1], data: [0, 5, 2, 2] },
  weights: { shape: [4, 1], data: [0.5, 0.25, 0.25, 0], constant: true },
};
const whole = (graph: GraphBuilder, E: Value): Table => ({
  blocks: () => [E],
  rowsOf: (ids) => graph.op("Gather", [E, ids], { axis: 0 }),
});
const frozen = Array.from({ length: 18 }, (_, at) => Math.sin(7 * at) * 2);
export const examples: LossExample[] = [
  {
    inputs: { ...rows, head: { shape: [6, 3], range: [-2, 2] } },
    build: (graph, { head, ...rest }) => crossEntropy(graph, rest as unknown as CrossEntropyRows, whole(graph, head!)),
  },
  // Frozen, in blocks of which the last is smaller; and whole.
  ...[[2, 2, 2], [4, 2], [5, 1], [6]].map((sizes) => ({
    inputs: { ...rows, head: { shape: [6, 3], data: frozen, constant: true } },
    build: (graph: GraphBuilder, { head, ...rest }: Readonly<Record<string, Value>>) => {
      let start = 0;
      const blocks = sizes.map((size) => graph.floats(frozen.slice(3 * start, 3 * (start += size)), [size, 3]));
      return crossEntropy(graph, rest as unknown as CrossEntropyRows, { ...whole(graph, head!), blocks: () => blocks });
    },
  })),
];
