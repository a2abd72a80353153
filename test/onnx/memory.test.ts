/** @file The simulated run against ONNX Runtime's own profile: the order of the nodes, and the bytes in use. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { gradients } from "../../src/autodiff/backward.ts";
import { Arena } from "../../src/onnx/arena.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { checkpoint } from "../../src/onnx/checkpoint.ts";
import { encodeModel, orderedNodes } from "../../src/onnx/encode.ts";
import type { Value } from "../../src/onnx/ir.ts";
import { graphMemory } from "../../src/onnx/memory.ts";
import { runOrder } from "../../src/onnx/run-order.ts";
import { tempDir } from "../helpers/temp.ts";

const [ROWS, WIDTH, LAYERS] = [192, 64, 6];

/** Layers with a branch, a softmax, an alias and a broadcast each, trained. */
function training({ recompute }: { recompute: boolean }): GraphBuilder {
  const graph = new GraphBuilder({ recompute });
  let x: Value = graph.input("x", "float32", ["N", WIDTH]);
  const weights = Array.from({ length: 2 * LAYERS }, (_, i) => graph.input(`w${i}`, "float32", [WIDTH, WIDTH]));
  for (let layer = 0; layer < LAYERS; layer++) {
    const [first, second] = weights.slice(2 * layer);
    const entering = x;
    x = checkpoint(graph, () => {
      const inner = graph.op("Sigmoid", [graph.matmul(entering, first!)]);
      const split = graph.transpose(graph.reshape(inner, ["N", 4, WIDTH / 4]), [0, 2, 1]);
      const shares = graph.reshape(graph.op("Softmax", [split], { axis: -1 }), ["N", WIDTH]);
      return graph.op("Add", [entering, graph.matmul(graph.op("Mul", [inner, shares]), second!)]);
    });
  }
  const loss = graph.op("ReduceSum", [graph.op("Mul", [x, x])], { keepdims: 0 });
  for (const [value, gradient] of gradients(graph, loss, weights)) graph.output(`grad.${value.name}`, gradient);
  graph.output("loss", loss);
  graph.output("again", loss);
  return graph;
}

interface Event {
  cat: string;
  name: string;
  args: { mem_bytes_requested_in_use?: string };
}

/** The kernels of one run, in order, and the most bytes that values had in use. */
async function profiled(graph: GraphBuilder): Promise<{ order: string[]; peak: number }> {
  const folder = tempDir();
  const session = await InferenceSession.create(encodeModel(graph), {
    graphOptimizationLevel: "disabled",
    enableMemPattern: false,
    enableProfiling: true,
    profileFilePrefix: join(folder, "run"),
    intraOpNumThreads: 1,
  });
  const size = (value: Value) => value.shape.map((dim) => (dim === "N" ? ROWS : Number(dim)));
  const feeds = graph.inputs.map((value) => {
    const dims = size(value);
    return [value.name, new Tensor("float32", new Float32Array(dims[0]! * dims[1]!).fill(0.01), dims)] as const;
  });
  await session.run(Object.fromEntries(feeds));
  session.endProfiling();
  await session.release();
  const events = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), "utf8")) as Event[];
  const kernels = events.filter(({ cat, name }) => cat === "Node" && name.endsWith("_kernel_time"));
  return {
    order: kernels.map(({ name }) => name.replace("_kernel_time", "")),
    peak: Math.max(...kernels.map(({ args }) => Number(args.mem_bytes_requested_in_use))),
  };
}

describe.each([{ recompute: false }, { recompute: true }])("a training graph, $recompute", ({ recompute }) => {
  test("runs in the order that ONNX Runtime's profile shows, and with the bytes in use that it reports", async () => {
    const graph = training({ recompute });
    const { order, peak } = await profiled(graph);
    const nodes = orderedNodes(graph);
    const index = new Map(nodes.map((node, at) => [node, at]));
    expect(runOrder(nodes).map((node) => `${node.scope || "graph"}.${node.op}_${index.get(node)}`)).toEqual(order);

    const { live, arena } = graphMemory(graph, [{ N: ROWS }]);
    expect(Math.abs(live / peak - 1), `simulated ${live}, reported ${peak}`).toBeLessThan(0.01);
    expect(arena).toBeGreaterThanOrEqual(live);
  });
});

test("recomputing layers takes less memory", () => {
  const [kept, again] = [false, true].map((recompute) => graphMemory(training({ recompute }), [{ N: 4096 }]));
  expect(again!.arena).toBeLessThan(0.7 * kept!.arena);
});

describe("the arena", () => {
  test("gives a freed place to what fits it, and joins free neighbours", () => {
    const arena = new Arena();
    const [a, b] = [arena.allocate(300_000), arena.allocate(300_000)];
    arena.release(a);
    arena.release(arena.allocate(200_000));
    expect(arena.touched).toBe(600_032);
    arena.release(b);
    arena.allocate(1_000_000);
    expect(arena.touched).toBe(1_000_000);
  });

  test("takes a new region where nothing fits", () => {
    const arena = new Arena();
    arena.allocate(1_000_000);
    arena.allocate(3_000_000);
    expect(arena.touched).toBe(4_000_000);
  });
});
