/** @file The order nodes are written in: ONNX Runtime's memory depends on it. */
import { fromBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { gradients } from "../../src/autodiff/backward.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { encodeModel } from "../../src/onnx/encode.ts";
import type { Value } from "../../src/onnx/ir.ts";
import { ModelProtoSchema } from "../../src/onnx/protobuf/onnx_pb.ts";

it("weight gradients are the last nodes, the one that is ready first at the very end, and the loss runs after them", () => {
  const graph = new GraphBuilder();
  let x: Value = graph.input("x", "float32", ["N", 4]);
  const weights = [0, 1, 2].map((layer) => graph.input(`w${layer}`, "float32", [4, 4]));
  for (const weight of weights) x = graph.op("Sigmoid", [graph.matmul(x, weight)]);
  const loss = graph.op("ReduceSum", [x], { keepdims: 0 });
  const unused = graph.op("Exp", [x]);
  // Asked for in the order of the layers, and the loss twice: neither may decide the order.
  for (const [value, gradient] of gradients(graph, loss, weights)) graph.output(`grad.${value.name}`, gradient);
  graph.output("loss", loss);
  graph.output("total", loss);

  const nodes = fromBinary(ModelProtoSchema, encodeModel(graph)).graph!.node;
  expect(nodes.slice(-3).map(({ output }) => output[0])).toEqual(["grad.w0", "grad.w1", "grad.w2"]);
  expect(nodes.filter(({ opType }) => opType === "Identity").map(({ output }) => output[0])).toEqual(["total"]);
  expect(nodes.flatMap(({ output }) => output)).not.toContain(unused.name);
});
