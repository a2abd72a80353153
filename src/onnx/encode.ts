/** @file Graph → ONNX ModelProto bytes, the nodes in the order that keeps memory low. */
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { ExternalData, GraphBuilder, Initializer } from "./builder.ts";
import type { Attributes, Node, Value } from "./ir.ts";
import { ONNX_TYPES } from "./ir.ts";
import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
  TensorProto_DataLocation as DataLocation,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from "./protobuf/onnx_pb.ts";

const OPSETS = [
  { domain: "", version: 20n },
  { domain: "com.microsoft", version: 1n },
];

/** Serialises the graph for ONNX Runtime (IR version 10, opset 20). */
export function encodeModel(graph: GraphBuilder): Uint8Array {
  const names = outputNames(graph);
  const nameOf = (value: Value | null): string => (value ? (names.get(value.name) ?? value.name) : "");
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    producerName: "uniconv",
    opsetImport: OPSETS,
    graph: {
      name: "uniconv",
      node: orderedNodes(graph).map((node, index) => encodeNode(node, index, nameOf)),
      initializer: graph.initializers.map(encodeInitializer),
      input: graph.inputs.map((value) => encodeValueInfo(value.name, value)),
      output: graph.outputs.map(({ name, value }) => encodeValueInfo(name, value)),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

/** A computed value that is asked for simply takes the output's name; a second name for it, or an input's, needs an Identity. */
function outputNames(graph: GraphBuilder): Map<string, string> {
  const names = new Map<string, string>();
  for (const { name, value } of graph.outputs) if (value.producer && !names.has(value.name)) names.set(value.name, name);
  return names;
}

/**
 * ONNX Runtime walks depth first from the leaves, the highest index first, and ignores the file's order otherwise. So the leaves of
 * the backward pass (weight gradients) stand last and reversed: the gradient that is ready first runs first and frees its
 * activations. Leaves of the forward pass (the losses) stand before them and run last. Casts of frozen weights stand first of all,
 * or every one of them would run before anything else.
 */
export function orderedNodes(graph: GraphBuilder): Node[] {
  const { nodes, backwardFrom, outputs } = graph;
  const live = liveNodes(nodes, outputs);
  const consumed = new Set([...live].flatMap((node) => node.inputs.map((input) => input?.name)));
  const order = { casts: [] as Node[], inner: [] as Node[], losses: [] as Node[], gradients: [] as Node[] };
  nodes.forEach((node, index) => {
    if (!live.has(node)) return;
    if (node.rematerialize) order.casts.push(node);
    else if (node.outputs.some((output) => consumed.has(output.name))) order.inner.push(node);
    else (index < backwardFrom ? order.losses : order.gradients).push(node);
  });
  // A second name for a value stands with the losses: at the end it would be the leaf that runs first.
  return [...order.casts, ...order.inner, ...order.losses, ...secondNames(graph), ...order.gradients.reverse()];
}

function secondNames(graph: GraphBuilder): Node[] {
  const names = outputNames(graph);
  const renamed = graph.outputs.filter(({ name, value }) => names.get(value.name) !== name);
  return renamed.map(({ name, value }) => ({
    op: "Identity",
    domain: "",
    inputs: [value],
    outputs: [{ ...value, name }],
    attributes: {},
    scope: "",
    rematerialize: false,
  }));
}

/** What no output needs would run all the same, as a leaf: the ends of recomputed layers, for one. */
function liveNodes(nodes: readonly Node[], outputs: GraphBuilder["outputs"]): Set<Node> {
  const needed = new Set(outputs.map(({ value }) => value.name));
  const live = new Set<Node>();
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output.name))) continue;
    live.add(node);
    for (const input of node.inputs) if (input) needed.add(input.name);
  }
  return live;
}

function encodeNode(node: Node, index: number, nameOf: (value: Value | null) => string): MessageInitShape<typeof NodeProtoSchema> {
  return {
    name: `${node.scope || "graph"}.${node.op}_${index}`,
    opType: node.op,
    domain: node.domain,
    input: node.inputs.map(nameOf),
    output: node.outputs.map(nameOf),
    attribute: encodeAttributes(node.attributes),
  };
}

function encodeAttributes(attributes: Attributes): MessageInitShape<typeof AttributeProtoSchema>[] {
  return Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [encodeAttribute(name, value)]));
}

function encodeAttribute(name: string, value: NonNullable<Attributes[string]>): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === "string") return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if (typeof value === "number") return { name, type: AttributeType.INT, i: BigInt(value) };
  if ("float" in value) return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INTS, ints: value.map(BigInt) };
}

function encodeInitializer({ value, data }: Initializer): MessageInitShape<typeof TensorProtoSchema> {
  const tensor = { name: value.name, dataType: ONNX_TYPES[value.dtype], dims: value.shape.map((dim) => BigInt(dim)) };
  if (ArrayBuffer.isView(data)) return { ...tensor, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  return { ...tensor, dataLocation: DataLocation.EXTERNAL, externalData: encodeExternal(data) };
}

/** The session is told that "/" is the model's folder, so a location is the real path without its first slash. */
function encodeExternal({ file, offset, length }: ExternalData): { key: string; value: string }[] {
  return [
    { key: "location", value: file.replace(/^\//, "") },
    { key: "offset", value: String(offset) },
    { key: "length", value: String(length) },
  ];
}

function encodeValueInfo(name: string, value: Value): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = value.shape.map((size) =>
    typeof size === "number"
      ? { value: { case: "dimValue" as const, value: BigInt(size) } }
      : { value: { case: "dimParam" as const, value: size } },
  );
  return { name, type: { value: { case: "tensorType", value: { elemType: ONNX_TYPES[value.dtype], shape: { dim } } } } };
}
