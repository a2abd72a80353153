/** @file Queries against one block of vectors: a product and a top-k in one graph. */
import { GraphBuilder } from "../../onnx/builder.ts";
import { floatsOf, Session, type SessionOptions } from "../../onnx/session.ts";
import type { Ranking } from "./ranking.ts";

/** Candidates asked for beyond k: near ties at the border rarely need a second look. */
const SPARE = 28;

interface Block {
  /** [rows, dimension] */
  vectors: Float32Array;
  idOf: (row: number) => string;
  k: number;
}

export class BlockSearch {
  readonly #dimension: number;
  readonly #options: Pick<SessionOptions, "threads" | "device">;
  /** By the number of candidates. */
  readonly #sessions = new Map<number, Promise<Session>>();

  constructor({ dimension, ...options }: { dimension: number } & Pick<SessionOptions, "threads" | "device">) {
    this.#dimension = dimension;
    this.#options = options;
  }

  /** Offers every row that may be among a query's best k. */
  async run(rankings: readonly Ranking[], block: Block): Promise<void> {
    const rows = block.vectors.length / this.#dimension;
    let open = rankings.map((ranking) => ({ ranking, offered: new Set<number>() }));
    for (let wanted = block.k + SPARE; open.length > 0; wanted *= 4) {
      const count = Math.min(wanted, rows);
      const candidates = await this.#candidates(
        open.map(({ ranking }) => ranking),
        block,
        count,
      );
      // Who asks again is scored beside other queries, so the last bits, and with them the order, may differ: `offered` knows rows, not ranks.
      open = open.filter((query, at) => !this.#offer(query, block, candidates(at)) && count < rows);
    }
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release();
    this.#sessions.clear();
  }

  /** `candidates` come best first. Returns whether no row beyond them can belong to the ranking. */
  #offer(
    { ranking, offered }: { ranking: Ranking; offered: Set<number> },
    { vectors, idOf }: Block,
    candidates: readonly { row: number; score: number }[],
  ): boolean {
    for (const { row, score } of candidates) {
      if (score < ranking.threshold) return true;
      if (!offered.has(row)) ranking.offer(vectors, row * this.#dimension, () => idOf(row));
      offered.add(row);
    }
    return (candidates.at(-1)?.score ?? -Infinity) < ranking.threshold;
  }

  async #candidates(rankings: readonly Ranking[], { vectors }: Block, count: number) {
    const queries = new Float32Array(rankings.length * this.#dimension);
    rankings.forEach(({ query }, at) => queries.set(query, at * this.#dimension));
    let session = this.#sessions.get(count);
    if (!session) this.#sessions.set(count, (session = this.#build(count)));
    const results = await (
      await session
    ).run({
      queries: { data: queries, shape: [rankings.length, this.#dimension] },
      vectors: { data: vectors, shape: [vectors.length / this.#dimension, this.#dimension] },
    });
    const scores = floatsOf(results, "scores");
    const rows = results["rows"]!.data as BigInt64Array;
    return (query: number) =>
      Array.from({ length: count }, (_, at) => ({ row: Number(rows[query * count + at]), score: scores[query * count + at]! }));
  }

  #build(count: number): Promise<Session> {
    return Session.create(searchGraph({ dimension: this.#dimension, count }), { ...this.#options, optimize: false });
  }
}

/** `queries` [Q, dimension] and `vectors` [N, dimension] → the best `count` `scores` and `rows` of each query. */
export function searchGraph({ dimension, count }: { dimension: number; count: number }): GraphBuilder {
  const graph = new GraphBuilder();
  const queries = graph.input("queries", "float32", ["Q", dimension]);
  const vectors = graph.input("vectors", "float32", ["N", dimension]);
  const [scores, rows] = graph.ops("TopK", [graph.matmul(queries, vectors, { transB: true }), graph.ints(count)], {
    attributes: { axis: -1, largest: 1, sorted: 1 },
    count: 2,
  });
  graph.output("scores", scores!);
  graph.output("rows", rows!);
  return graph;
}
