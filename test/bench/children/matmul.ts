/** @file Child: the rate of bare MatMuls in this machine's onnxruntime-node, all shapes per line read, `node matmul.js THREADS MxKxN …`. */
import { GraphBuilder } from "../../../src/onnx/builder.ts";
import { Session } from "../../../src/onnx/session.ts";
import { serve } from "./serve.ts";

/** One product by shape: by the clock, and over all threads. */
export interface MatmulTimes {
  products: Record<string, { seconds: number; cpuSeconds: number }>;
}

/** One product takes milliseconds, what it is compared with takes seconds: both must meet the same weather. */
const REPEATS = 10;
const [threads = "2", ...shapes] = process.argv.slice(2);
const products = await Promise.all(
  shapes.map(async (shape) => {
    const [m = 0, k = 0, n = 0] = shape.split("x").map(Number);
    const graph = new GraphBuilder();
    // Only one number leaves the graph: copying the product out is no part of the rate.
    const product = graph.matmul(graph.input("a", "float32", [m, k]), graph.input("b", "float32", [n, k]), { transB: true });
    graph.output("corner", graph.slice(graph.slice(product, { axis: 0, start: 0, end: 1 }), { axis: 1, start: 0, end: 1 }));
    const session = await Session.create(graph, { device: "cpu", threads: Number(threads), optimize: false });
    const fill = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 1013) / 1013 - 0.5);
    const feeds = { a: { data: fill(m * k), shape: [m, k] }, b: { data: fill(n * k), shape: [n, k] } };
    return { shape, session, feeds };
  }),
);
await serve(async (): Promise<MatmulTimes> => {
  const times: MatmulTimes["products"] = {};
  for (const { shape, session, feeds } of products) {
    const [cpu, start] = [process.cpuUsage(), performance.now()];
    for (let repeat = 0; repeat < REPEATS; repeat++) await session.run(feeds);
    const elapsed = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    times[shape] = { seconds: elapsed / REPEATS, cpuSeconds: (user + system) / 1e6 / REPEATS };
  }
  return { products: times };
});
