/** @file Inferred types and shapes against what ONNX Runtime computes, for every operator. */
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { evaluateDim } from "../../src/onnx/dims.ts";
import * as operators from "../../src/onnx/ops/index.ts";
import { Session } from "../../src/onnx/session.ts";
import { attributesOf, buildExample, CPU, opNames } from "../helpers/examples.ts";

const outputCounts: Record<string, number> = { TopK: 2, SimplifiedLayerNormalization: 2 };

describe.each(opNames(operators))("%s", (name) => {
  const { examples } = operators[name];

  it("has examples", () => expect(examples.length).toBeGreaterThan(0));

  it.each(examples.map((example, index) => [index, example] as const))(
    "infers the shapes ONNX Runtime computes (example %i)",
    async (_, example) => {
      const graph = new GraphBuilder();
      const { inputs, feeds } = buildExample(graph, example);
      const outputs = graph.ops(name, inputs, { attributes: attributesOf(example), count: outputCounts[name] ?? 1 });
      outputs.forEach((output, index) => graph.output(`y${index}`, output));
      const session = await Session.create(graph, CPU);
      const results = await session.run(feeds);
      outputs.forEach((output, index) => expect(results[`y${index}`]!.shape).toEqual(output.shape));
      await session.release();
    },
  );
});

// Every operator whose shapes may be symbolic when it is built: sizes become names, the results must evaluate to the numbers.
const symbolic = opNames(operators).filter((name) => !["Reshape", "Slice", "Tile", "Expand", "Range", "RotaryEmbedding"].includes(name));
describe.each(symbolic)("%s with symbolic sizes", (name) => {
  it("infers shapes that evaluate to the numeric ones", () => {
    for (const example of operators[name].examples) {
      const shapesWith = (rename: (dim: number) => number | string) => {
        const graph = new GraphBuilder();
        const { inputs } = buildExample(graph, example, rename);
        return graph.ops(name, inputs, { attributes: attributesOf(example), count: outputCounts[name] ?? 1 }).map((value) => value.shape);
      };
      const sizes = Object.fromEntries(Array.from({ length: 16 }, (_, dim) => [`d${dim}`, dim]));
      const named = shapesWith((dim) => (dim === 1 ? 1 : `d${dim}`)).map((shape) => shape.map((dim) => evaluateDim(dim, sizes)));
      expect(named).toEqual(shapesWith((dim) => dim));
    }
  });
});
