/** @file A training step in small, run in a child: a product, its gradients, and how fast they came. */
import { gradients } from "../autodiff/backward.ts";
import { GraphBuilder } from "../onnx/builder.ts";
import { floatsOf, Session } from "../onnx/session.ts";
import { availableThreads } from "../util/threads.ts";

export interface CpuTrial {
  /** The execution providers in ONNX Runtime's library itself. */
  bundled: string[];
  size: number;
  runs: number;
  threads: number;
  /** 3 products of 2·size³ floating point operations, divided by the time of the middle run. */
  gflops: number;
  /** Largest difference from the gradient known by formula, relative to it. */
  largest_error: number;
}

const SIZE = 512;
const RUNS = 5;

/** L = Σ X·W: dL/dX holds the row sums of W in every row, dL/dW the column sums of X in every column. */
export async function run(): Promise<CpuTrial> {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", [SIZE, SIZE]);
  const w = graph.input("w", "float32", [SIZE, SIZE]);
  const loss = graph.op("ReduceSum", [graph.matmul(x, w)], { keepdims: 0 });
  for (const [value, gradient] of gradients(graph, loss, [x, w])) graph.output(`grad.${value.name}`, gradient);
  graph.output("loss", loss);

  const threads = availableThreads();
  const session = await Session.create(graph, { device: "cpu", threads, optimize: false });
  // Eighths: every sum is exact in float32.
  const matrix = (phase: number) => Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * 7 + phase + Math.floor(i / SIZE)) % 16) / 8);
  const [X, W] = [matrix(1), matrix(5)];
  const feeds = { x: { data: X, shape: [SIZE, SIZE] }, w: { data: W, shape: [SIZE, SIZE] } };
  const first = await session.run(feeds);
  const seconds = [];
  for (let at = 0; at < RUNS; at++) {
    const since = performance.now();
    await session.run(feeds);
    seconds.push((performance.now() - since) / 1000);
  }
  await session.release();
  const middle = seconds.sort((a, b) => a - b)[Math.floor(RUNS / 2)]!;
  const errors = [
    largestError(floatsOf(first, "grad.x"), (_, column) => sum((at) => W[column * SIZE + at]!)),
    largestError(floatsOf(first, "grad.w"), (row) => sum((at) => X[at * SIZE + row]!)),
  ];
  const { listSupportedBackends } = await import("onnxruntime-node");
  const bundled = listSupportedBackends().flatMap(({ name, bundled: inside }) => (inside ? [name] : []));
  return { bundled, size: SIZE, runs: RUNS, threads, gflops: (3 * 2 * SIZE ** 3) / middle / 1e9, largest_error: Math.max(...errors) };
}

const sum = (term: (at: number) => number): number => Array.from({ length: SIZE }, (_, at) => term(at)).reduce((a, b) => a + b, 0);

/** Along the first row and the first column: they hold every value there is. */
function largestError(actual: Float32Array, expected: (row: number, column: number) => number): number {
  let worst = 0;
  for (let at = 0; at < SIZE; at++)
    for (const [row, column] of [
      [0, at],
      [at, 0],
    ] as const) {
      const want = expected(row, column);
      const error = Math.abs(actual[row * SIZE + column]! - want) / want;
      if (!(error <= worst)) worst = error;
    }
  return worst;
}
