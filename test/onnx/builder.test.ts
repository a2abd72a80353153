/** @file The builder: errors that name the layer, symbolic sizes, views, external weights. */
import { writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { addDims, divideDims, evaluateDim, multiplyDims, type Dim } from "../../src/onnx/dims.ts";
import { floatsOf, Session } from "../../src/onnx/session.ts";
import { CPU } from "../helpers/examples.ts";

describe("dimensions", () => {
  const dim = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom<Dim>("B", "S", "B*S", "2+P", "3*B+S"));
  const sizes = { B: 3, S: 5, P: 7 };

  it("add and multiply as numbers do", () => {
    fc.assert(
      fc.property(dim, dim, (a, b) => {
        expect(evaluateDim(addDims(a, b), sizes)).toBe(evaluateDim(a, sizes) + evaluateDim(b, sizes));
        expect(evaluateDim(multiplyDims(a, b), sizes)).toBe(evaluateDim(a, sizes) * evaluateDim(b, sizes));
      }),
    );
  });

  it("are canonical: the order of the operands leaves no trace", () => {
    fc.assert(
      fc.property(dim, dim, dim, (a, b, c) => {
        expect(addDims(addDims(a, b), c)).toBe(addDims(c, addDims(b, a)));
        expect(multiplyDims(multiplyDims(a, b), c)).toBe(multiplyDims(c, multiplyDims(b, a)));
      }),
    );
  });

  it("divide exactly or not at all", () => {
    expect(divideDims("2*B*S", "B")).toBe("2*S");
    expect(divideDims("B*P+B*S", "B")).toBe("P+S");
    expect(divideDims("B+S", "B")).toBeNull();
    expect(divideDims(7, 2)).toBeNull();
  });
});

describe("GraphBuilder", () => {
  it("names the layer, the operator and both shapes when they do not fit", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", "float32", ["B", "S", 64]);
    const w = graph.input("w", "float32", [32, 96]);
    expect(() => graph.scope("layers.3.mlp", () => graph.scope("up_proj", () => graph.matmul(x, w)))).toThrow(
      "layers.3.mlp.up_proj: MatMul(float32[B, S, 64], float32[32, 96]): inner dimensions differ: 64 against 32",
    );
  });

  it("refuses to broadcast a symbol against another size", () => {
    const graph = new GraphBuilder();
    expect(() => graph.op("Add", [graph.input("x", "float32", ["B"]), graph.input("y", "float32", [3])])).toThrow(
      "do not broadcast: B against 3",
    );
  });

  it("views a tensor in any symbolic shape", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", "float32", ["B", "S", 6]);
    const heads = graph.transpose(graph.reshape(x, ["B", "S", 3, 2]), [0, 2, 1, 3]);
    graph.output("rows", graph.reshape(heads, ["B", multiplyDims(3, "S"), 2]));
    graph.output("swapped", graph.reshape(graph.reshape(heads, ["S", "B", 6]), ["B*S", 6]));
    graph.output("ones", graph.full(["S", "B", 2], 1));
    const session = await Session.create(graph, CPU);
    const results = await session.run({ x: { shape: [2, 5, 6], data: new Float32Array(60) } });
    expect(results["rows"]!.shape).toEqual([2, 15, 2]);
    expect(results["swapped"]!.shape).toEqual([10, 6]);
    expect(results["ones"]!.shape).toEqual([5, 2, 2]);
  });

  it("maps weights out of a file at any offset", async () => {
    const folder = mkdtempSync(join(tmpdir(), "uniconv-external-"));
    const file = join(folder, "weights.bin");
    const bytes = new Uint8Array(1 + 16);
    bytes.set(new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer), 1);
    writeFileSync(file, bytes);
    const graph = new GraphBuilder();
    const w = graph.external({ name: "w", dtype: "float32", shape: [2, 2], data: { file, offset: 1, length: 16 } });
    graph.output("y", graph.matmul(graph.input("x", "float32", ["N", 2]), w));
    const session = await Session.create(graph, CPU);
    expect([...floatsOf(await session.run({ x: { shape: [1, 2], data: Float32Array.of(1, 10) } }), "y")]).toEqual([31, 42]);
  });
});
