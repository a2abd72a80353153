/** @file The device and memory lines of `train --dry-run`. */
import type { DevicePlan } from "../train/device-plan.ts";
import type { MemoryPlan } from "../train/memory-plan.ts";

const PRECISIONS: Record<DevicePlan["mixed_precision"], string> = {
  no: "all in float32",
  bf16: "products in bfloat16, the rest in float32",
  fp16: "products in float16, the rest in float32, losses scaled",
};

export function describeDevice(plan: DevicePlan): string {
  const { devices, reason, mixed_precision, sessions, nodes, frozen_bytes, in_bytes, out_bytes } = plan;
  const processes = devices.length > 1 ? ` in ${devices.length} processes` : "";
  const graphs = `${sessions} ${sessions === 1 ? "graph" : "graphs"} of ${nodes} nodes`;
  const lines = [
    `device  ${[...new Set(devices)].join(", ")} (${reason})${processes}; ${PRECISIONS[mixed_precision]}; ${graphs}`,
    `        each run of a graph takes ${size(in_bytes)} of parameters in and ${size(out_bytes)} of gradients out`,
  ];
  if (devices.some((device) => device !== "cpu"))
    lines.push(`        ${size(frozen_bytes)} of frozen weights are copied to each device, once`);
  return lines.join("\n");
}

export function describeMemory(plan: MemoryPlan, { devices }: DevicePlan): string {
  const parts = (["activations", "parameters", "optimizer", "gradients", "base"] as const).map((part) => `${part} ${size(plan[part])}`);
  const verdict = plan.fits ? "fits" : "does NOT fit";
  const each = devices.length > 1 ? ` for each of ${devices.length} processes` : "";
  return [
    `memory  ${size(plan.peak)} at the peak${each}, which ${verdict} the ${size(plan.limit)} here: ${parts.join(", ")}`,
    `        ${size(plan.mapped)} of weights besides, mapped from their files`,
    ...(plan.fits ? [] : ["        lower --batch-size or the --max-…-length options, or add --gradient-checkpointing"]),
  ].join("\n");
}

const size = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : bytes < 1e10 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
