/** @file Layers with a gradient of their own against the same layers made of plain operators, whose rules are checked one by one. */
import { expect, it } from "vitest";
import { gradients } from "../../src/autodiff/backward.ts";
import { attend, type AttendInputs } from "../../src/models/layers/attend.ts";
import { gated } from "../../src/models/layers/gated.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Value } from "../../src/onnx/ir.ts";
import { floatsOf, Session, type Tensor } from "../../src/onnx/session.ts";
import { Rng } from "../../src/util/rng.ts";
import { CPU, drawTensor } from "../helpers/examples.ts";

const [BATCH, HEADS, KEYS, SEQ, DIM] = [2, 4, 2, 5, 6];

/** Columns after the row are closed, and one before it, as by a session mask; rows repeat for the heads of a group. */
const bias = Array.from({ length: (HEADS / KEYS) * SEQ }, (_, row) =>
  Array.from({ length: SEQ }, (_, column) => (column > row % SEQ || (row % SEQ === 3 && column === 1) ? -1e9 : 0)),
).flat();

const attention = {
  shapes: { query: [BATCH, HEADS, SEQ, DIM], key: [BATCH, KEYS, SEQ, DIM], value: [BATCH, KEYS, SEQ, DIM] },
  own: (graph: GraphBuilder, inputs: Record<string, Value>) => attend(graph, withBias(graph, inputs)),
  plain: (graph: GraphBuilder, inputs: Record<string, Value>) => {
    const { query, key, value, bias: closed } = withBias(graph, inputs);
    const rows = graph.reshape(query, [BATCH, KEYS, (HEADS / KEYS) * SEQ, DIM]);
    const scores = graph.op("Mul", [graph.matmul(rows, key, { transB: true }), graph.scalar(DIM ** -0.5)]);
    const mixed = graph.matmul(graph.op("Softmax", [graph.op("Add", [scores, closed])], { axis: -1 }), value);
    return graph.reshape(graph.transpose(graph.reshape(mixed, [BATCH, HEADS, SEQ, DIM]), [0, 2, 1, 3]), [BATCH, SEQ, HEADS * DIM]);
  },
};
const withBias = (graph: GraphBuilder, inputs: Record<string, Value>): AttendInputs => ({
  ...(inputs as unknown as AttendInputs),
  bias: graph.floats(bias, [1, 1, (HEADS / KEYS) * SEQ, SEQ]),
});

const gate = {
  shapes: { gate: [3, 7], up: [3, 7] },
  own: (graph: GraphBuilder, { gate: g, up }: Record<string, Value>) => gated(graph, g!, up!),
  plain: (graph: GraphBuilder, { gate: g, up }: Record<string, Value>) =>
    graph.op("Mul", [graph.op("Mul", [g!, graph.op("Sigmoid", [g!])]), up!]),
};

/** Every value and every gradient; only those of `trained` are asked for. */
async function run(
  shapes: Readonly<Record<string, number[]>>,
  build: (graph: GraphBuilder, inputs: Record<string, Value>) => Value,
  trained: readonly string[],
): Promise<Map<string, Float32Array>> {
  const graph = new GraphBuilder();
  const rng = new Rng("regions");
  const feeds: Record<string, Tensor> = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, drawTensor(rng, { shape, range: [-2, 2] })]),
  );
  const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, graph.input(name, "float32", shape)]));
  const y = build(graph, inputs);
  const slope = drawTensor(rng, { shape: y.shape as number[] });
  const weighted = graph.op("Mul", [y, graph.floats(slope.data as Float32Array, y.shape)]);
  const loss = graph.op("ReduceSum", [weighted], { keepdims: 0 });
  const found = gradients(
    graph,
    loss,
    trained.map((name) => inputs[name]!),
  );
  graph.output("y", y);
  for (const name of trained) graph.output(`d_${name}`, found.get(inputs[name]!)!);
  const session = await Session.create(graph, CPU);
  const results = await session.run(feeds);
  await session.release();
  return new Map(["y", ...trained.map((name) => `d_${name}`)].map((name) => [name, floatsOf(results, name)]));
}

const layers = [
  ["attention of grouped heads", attention, ["query", "key", "value"]],
  ["attention whose values alone are trained", attention, ["value"]],
  ["attention whose keys alone are trained", attention, ["key"]],
  ["the gated layer", gate, ["gate", "up"]],
] as const;

it.each(layers)("%s has the value and the gradients of its plain operators", async (_, { shapes, own, plain }, trained) => {
  const [mine, theirs] = [await run(shapes, own, trained), await run(shapes, plain, trained)];
  for (const [name, expected] of theirs) {
    const scale = Math.max(...expected.map(Math.abs));
    expect(scale).toBeGreaterThan(1e-2);
    const worst = Math.max(...mine.get(name)!.map((x, at) => Math.abs(x - expected[at]!)));
    expect(worst / scale, name).toBeLessThan(2e-6);
  }
});
