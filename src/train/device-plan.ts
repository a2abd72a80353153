/** @file Where a run would compute: the device and why, the sessions it opens, and what crosses to the device and back. */
import type { ExternalData, GraphBuilder } from "../onnx/builder.ts";
import type { Device } from "../onnx/device.ts";
import { sizeOf } from "../onnx/dims.ts";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { sessionsOf } from "./gradient-source.ts";
import type { OpenGraphs } from "./memory-plan.ts";
import type { RunPlan } from "./run-plan.ts";

export interface DevicePlan {
  /** One per process. */
  devices: string[];
  reason: string;
  mixed_precision: ResolvedTrainOptions["mixed_precision"];
  /** Graphs of a process, the most it has open in any stage, and their nodes. */
  sessions: number;
  nodes: number;
  /** Bytes of frozen weights the graphs read; a device that is no CPU gets a copy of its own. */
  frozen_bytes: number;
  /** Bytes of parameters that go into a graph each time it runs, and of gradients that come out. */
  in_bytes: number;
  out_bytes: number;
}

export function devicePlan(
  { trained }: Pick<RunPlan, "trained">,
  { options, opened, stages }: { options: ResolvedTrainOptions; opened: { device: Device; reason: string }; stages: readonly OpenGraphs[] },
): DevicePlan {
  const largest = stages.toSorted((a, b) => nodesOf(b) - nodesOf(a))[0]!;
  const frozen = new Map<string, number>();
  for (const { graph } of largest) for (const { file, offset, length } of externalOf(graph)) frozen.set(`${file}:${offset}`, length);
  const bytes = [...trained].map(([name, { shape }]) => ({ name, bytes: 4 * Number(sizeOf(shape)) }));
  const outputs = new Set(stages.flat().flatMap(({ graph }) => graph.outputs.map(({ name }) => name)));
  const total = (of: typeof bytes) => of.reduce((sum, each) => sum + each.bytes, 0);
  return {
    devices: sessionsOf({ device: opened.device, threads: 1, optimize: false }, options.num_processes).map(({ device }) => device),
    reason: opened.reason,
    mixed_precision: options.mixed_precision,
    sessions: largest.length,
    nodes: nodesOf(largest),
    frozen_bytes: [...frozen.values()].reduce((sum, length) => sum + length, 0),
    in_bytes: total(bytes),
    out_bytes: total(bytes.filter(({ name }) => outputs.has(`grad.${name}`))),
  };
}

const nodesOf = (graphs: OpenGraphs): number => graphs.reduce((sum, { graph }) => sum + graph.nodes.length, 0);

const externalOf = ({ initializers }: GraphBuilder): ExternalData[] =>
  initializers.flatMap(({ data }) => (ArrayBuffer.isView(data) ? [] : [data]));
