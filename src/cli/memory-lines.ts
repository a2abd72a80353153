/** @file The memory lines of `train --dry-run`. */
import type { MemoryPlan } from "../train/memory-plan.ts";

export function describeMemory(plan: MemoryPlan): string {
  const parts = (["activations", "parameters", "optimizer", "gradients", "base"] as const).map((part) => `${part} ${size(plan[part])}`);
  const verdict = plan.fits ? "fits" : "does NOT fit";
  return [
    `memory  ${size(plan.peak)} at the peak, which ${verdict} the ${size(plan.limit)} here: ${parts.join(", ")}`,
    `        ${size(plan.mapped)} of weights besides, mapped from their files`,
    ...(plan.fits ? [] : ["        lower --batch-size or the --max-…-length options, or add --gradient-checkpointing"]),
  ].join("\n");
}

const size = (bytes: number): string => (bytes < 1e10 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);
