/** @file Every loss: the gradient against central differences on its own examples, and what must hold by hand. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/backward.ts";
import { crossEntropy } from "../../src/losses/cross-entropy.ts";
import type { LossExample } from "../../src/losses/example.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Value } from "../../src/onnx/ir.ts";
import { type Feeds, floatsOf, scalarOf, Session, type Tensor } from "../../src/onnx/session.ts";
import { Rng } from "../../src/util/rng.ts";
import { constantOf, CPU, drawTensor } from "../helpers/examples.ts";

const folder = new URL("../../src/losses/", import.meta.url);
const files = readdirSync(folder).filter((name) => name !== "example.ts");
const losses = await Promise.all(
  files.map(async (name) => [name, (await import(new URL(name, folder).href)) as { examples?: LossExample[] }] as const),
);

it.each(losses)("%s has examples", (_, { examples }) => expect(examples?.length ?? 0).toBeGreaterThan(0));

const cases = losses.flatMap(([name, { examples }]) => (examples ?? []).map((example, at) => [`${name} ${at}`, example] as const));
describe.each(cases)("%s", (_, example) => {
  it("has the gradient that central differences give", async () => {
    const { graph, inputs, feeds } = build(example);
    const loss = example.build(graph, inputs);
    const moved = graph.inputs.filter(({ dtype }) => dtype === "float32");
    for (const [value, gradient] of gradients(graph, loss, moved)) graph.output(`d_${value.name}`, gradient);
    graph.output("loss", loss);
    const session = await Session.create(graph, CPU);
    const results = await session.run(feeds);
    const step = 2 ** -7;
    for (const { name } of moved) {
      const { data, shape } = feeds[name] as Tensor<Float32Array>;
      for (let at = 0; at < data.length; at++) {
        const lossAt = async (delta: number) => {
          const shifted = data.slice();
          shifted[at]! += delta;
          return scalarOf(await session.run({ ...feeds, [name]: { data: shifted, shape } }), "loss");
        };
        const numeric = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
        expect(Math.abs(floatsOf(results, `d_${name}`)[at]! - numeric), `${name}[${at}]`).toBeLessThan(2e-3);
      }
    }
  });
});

describe("cross-entropy", () => {
  const lossOf = async (logits: number[], target: number) => {
    const graph = new GraphBuilder();
    const size = logits.length;
    const identity = Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
    const E = graph.floats(identity, [size, size]);
    const hidden = graph.input("hidden", "float32", [1, size]);
    const targets = graph.input("targets", "int64", [1, 1]);
    graph.output(
      "loss",
      crossEntropy(graph, { hidden, targets, weights: graph.floats([1], [1, 1]) }, { blocks: () => [E], rowsOf: () => E }),
    );
    const session = await Session.create(graph, CPU);
    return scalarOf(
      await session.run({
        hidden: { data: Float32Array.from(logits), shape: [1, size] },
        targets: { data: BigInt64Array.of(BigInt(target)), shape: [1, 1] },
      }),
      "loss",
    );
  };

  it("is log(vocabulary) where every token is as likely", async () => expect(await lossOf([2, 2, 2, 2], 1)).toBeCloseTo(Math.log(4), 6));

  it("stays exact where the target's probability is below the smallest float32", async () => {
    expect(await lossOf([300, 0, -200], 2)).toBeCloseTo(500, 3);
  });
});

function build({ inputs }: LossExample): { graph: GraphBuilder; inputs: Record<string, Value>; feeds: Feeds } {
  const graph = new GraphBuilder();
  const rng = new Rng("loss example");
  const feeds: Record<string, Tensor> = {};
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      if (input.constant) return [name, constantOf(graph, input)];
      feeds[name] = drawTensor(rng, input);
      return [name, graph.input(name, input.dtype ?? "float32", input.shape)];
    }),
  );
  return { graph, inputs: values, feeds };
}
