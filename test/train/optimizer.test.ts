/** @file AdamW, clipping and schedules on numbers worked out by hand. */
import { describe, expect, it } from "vitest";
import { AdamW, clipScale, globalNorm } from "../../src/train/optimizer.ts";
import { rateAt } from "../../src/train/schedule.ts";

const options = { beta1: 0.9, beta2: 0.999, epsilon: 0, weight_decay: 0 };
const updateOnce = (p: number, g: number, extra: { weight_decay?: number; scale?: number; decayed?: boolean } = {}) => {
  const parameters = new Map([["w", Float32Array.of(p)]]);
  const optimizer = new AdamW(parameters, { ...options, weight_decay: extra.weight_decay ?? 0 });
  optimizer.update(parameters, new Map([["w", Float32Array.of(g)]]), {
    learning_rate: 0.1,
    scale: extra.scale ?? 1,
    isDecayed: () => extra.decayed ?? true,
  });
  return parameters.get("w")![0]!;
};

describe("AdamW", () => {
  it("moves by the learning rate against the sign of the first gradient", () => {
    expect(updateOnce(1, 5)).toBeCloseTo(0.9, 6);
    expect(updateOnce(1, -0.003)).toBeCloseTo(1.1, 6);
  });

  it("decays decoupled from the gradient, and only what is decayed", () => {
    expect(updateOnce(1, 5, { weight_decay: 0.5 })).toBeCloseTo(1 * (1 - 0.1 * 0.5) - 0.1, 6);
    expect(updateOnce(1, 5, { weight_decay: 0.5, decayed: false })).toBeCloseTo(0.9, 6);
  });

  it("leaves a parameter without a gradient alone", () => {
    const parameters = new Map([["w", Float32Array.of(1)]]);
    new AdamW(parameters, { ...options, weight_decay: 1 }).update(parameters, new Map(), {
      learning_rate: 1,
      scale: 1,
      isDecayed: () => true,
    });
    expect(parameters.get("w")![0]).toBe(1);
  });
});

describe("clipping", () => {
  it("measures one norm over all tensors", () => {
    expect(
      globalNorm(
        new Map([
          ["a", Float32Array.of(3)],
          ["b", Float32Array.of(0, 4)],
        ]),
      ),
    ).toBe(5);
  });
  it("scales down to the limit, never up, and not at all for 0", () => {
    expect(clipScale(10, 1)).toBeCloseTo(0.1, 6);
    expect(clipScale(0.5, 1)).toBe(1);
    expect(clipScale(10, 0)).toBe(1);
  });
});

describe("schedules", () => {
  const at = (step: number, lr_scheduler_type: "linear" | "cosine" | "constant") =>
    rateAt(step, { learning_rate: 1, lr_scheduler_type, warmup_steps: 2, total: 10 });
  it("rise linearly from 0 over the warm-up", () => {
    for (const type of ["linear", "cosine", "constant"] as const) expect([at(0, type), at(1, type), at(2, type)]).toEqual([0, 0.5, 1]);
  });
  it("fall to 0 at the end, or stay", () => {
    expect(at(6, "linear")).toBe(0.5);
    expect(at(10, "linear")).toBe(0);
    expect(at(6, "cosine")).toBeCloseTo(0.5, 12);
    expect(at(10, "cosine")).toBeCloseTo(0, 12);
    expect(at(9, "constant")).toBe(1);
  });
});
