/** @file Every gradient rule against central differences of what ONNX Runtime computes. */
import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/backward.ts";
import * as rules from "../../src/autodiff/gradients/index.ts";
import { noGradient } from "../../src/autodiff/rule.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import type { Example, Value } from "../../src/onnx/ir.ts";
import * as operators from "../../src/onnx/ops/index.ts";
import { type Feeds, floatsOf, scalarOf, Session } from "../../src/onnx/session.ts";
import { Rng } from "../../src/util/rng.ts";
import { attributesOf, buildExample, CPU, opNames } from "../helpers/examples.ts";

const differentiable = opNames(operators).filter((name) => rules[name] !== noGradient);

it("every operator has a rule or says that it has none", () => {
  expect(Object.keys(rules).sort()).toEqual(Object.keys(operators).sort());
});

describe.each(differentiable)("%s", (name) => {
  it.each(operators[name].examples.map((example, index) => [index, example] as const))(
    "agrees with central differences (example %i)",
    async (_, example) => {
      const { graph, feeds, trained } = scalarGraph(name, example);
      const losses = await Session.create(graph.forward, CPU);
      const both = await Session.create(graph.both, CPU);
      const results = await both.run(feeds);
      for (const input of trained) {
        const analytic = floatsOf(results, `d_${input}`);
        const numeric = await centralDifferences(losses, feeds, input);
        const scale = Math.max(1, ...numeric.map(Math.abs));
        analytic.forEach((slope, at) =>
          expect(Math.abs(slope - numeric[at]!) / scale, `${input}[${at}]: ${slope} against ${numeric[at]}`).toBeLessThan(2e-3),
        );
      }
    },
  );
});

it("a rule that is wrong by a factor would be seen", async () => {
  const { graph, feeds } = scalarGraph("Exp", operators.Exp.examples[0]!);
  const losses = await Session.create(graph.forward, CPU);
  const numeric = await centralDifferences(losses, feeds, "x0");
  const results = await (await Session.create(graph.both, CPU)).run(feeds);
  const worst = Math.max(...floatsOf(results, "d_x0").map((slope, at) => Math.abs(1.02 * slope - numeric[at]!)));
  expect(worst).toBeGreaterThan(2e-3);
});

/** L = Σ c·op(inputs) with fixed random c, as a forward graph and as one with gradients. */
function scalarGraph(name: (typeof differentiable)[number], example: Example) {
  const build = (withGradients: boolean) => {
    const graph = new GraphBuilder();
    const { inputs, feeds } = buildExample(graph, example);
    const count = name === "SimplifiedLayerNormalization" ? 2 : 1;
    const [y] = graph.ops(name, inputs, { attributes: attributesOf(example), count }) as [Value];
    const size = y.shape.reduce<number>((product, dim) => product * Number(dim), 1);
    const rng = new Rng("weights");
    const weights = graph.floats(
      Array.from({ length: size }, () => rng.normal()),
      y.shape,
    );
    const loss = graph.op("ReduceSum", [graph.op("Mul", [y, weights])], { keepdims: 0 });
    const trained = graph.inputs.filter((input) => input.dtype === "float32");
    if (withGradients) for (const [value, gradient] of gradients(graph, loss, trained)) graph.output(`d_${value.name}`, gradient);
    graph.output("loss", loss);
    return { graph, feeds, trained: trained.map((value) => value.name) };
  };
  const { graph: forward, feeds, trained } = build(false);
  return { graph: { forward, both: build(true).graph }, feeds, trained };
}

async function centralDifferences(session: Session, feeds: Feeds, name: string): Promise<number[]> {
  const step = 2 ** -7;
  const { data, shape } = feeds[name]!;
  const slopes: number[] = [];
  for (let at = 0; at < data.length; at++) {
    const lossAt = async (delta: number) => {
      const moved = Float32Array.from(data as Float32Array);
      moved[at]! += delta;
      return scalarOf(await session.run({ ...feeds, [name]: { data: moved, shape } }), "loss");
    };
    slopes.push(((await lossAt(step)) - (await lossAt(-step))) / (2 * step));
  }
  return slopes;
}
