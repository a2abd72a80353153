/** @file What evaluations say of a run, and which snapshots survive: everything follows from the log. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { saveCheckpoint } from "../../src/train/checkpoint.ts";
import { DevEvaluation, standingOf } from "../../src/train/dev-evaluation.ts";
import { MetricsLog } from "../../src/train/metrics-log.ts";
import { IoError } from "../../src/util/errors.ts";
import { tempDir } from "../helpers/temp.ts";

const line = (update: number, value?: number) => ({ update, scores: value === undefined ? { RR: 1 } : { "nDCG@3": value } });

describe("the standing of a run", () => {
  it("keeps the first of equal values as the best, and counts the evaluations since", () => {
    const lines = [line(10, 0.2), line(20, 0.5), line(30, 0.5), line(40, 0.4)];
    expect(standingOf(lines, "nDCG@3")).toEqual({ best: { update: 20, value: 0.5 }, without: 2, last: 40 });
  });

  it("has no best one without the metric", () => {
    expect(standingOf([line(10)], "nDCG@3")).toEqual({ best: null, without: 1, last: 10 });
    expect(standingOf([], "nDCG@3")).toEqual({ best: null, without: 0, last: 0 });
  });
});

/** Evaluations whose value at an update is as given; models are a file with the update's number. */
function evaluationOf(
  dir: string,
  values: Record<number, number>,
  { resumed = 0, patience }: { resumed?: number; patience?: number } = {},
) {
  let current = 0;
  const log = new MetricsLog(dir, { update: resumed });
  const settings = { eval_steps: 2, load_best_model_at_end: true, early_stopping_patience: patience };
  const evaluation = new DevEvaluation({
    dir,
    total: 7,
    settings,
    metric: "nDCG@3",
    log,
    exportTo: async (to) => writeFileSync(join(to, "model"), `${current}`),
    ask: async ({ update, model }) => {
      if (!existsSync(join(model, "model"))) throw new Error("no model");
      return { scores: { "nDCG@3": values[update]! } };
    },
    info: () => {},
  });
  const step = async (update: number) => {
    current = update;
    const adam = { updates: update, m: new Map(), v: new Map() };
    await saveCheckpoint(dir, { parameters: new Map(), adam }, { keep: 2 });
    if (evaluation.due(update)) await evaluation.run(update);
  };
  return { evaluation, step };
}
const snapshots = (dir: string) => readdirSync(join(dir, "checkpoints")).filter((name) => name.startsWith("best-"));

describe("evaluation in the loop", () => {
  it("is due every eval_steps and at the end, and not again after a resume", async () => {
    const dir = tempDir();
    const { evaluation, step } = evaluationOf(dir, { 2: 0.1, 4: 0.2 });
    expect([0, 1, 2, 3, 4, 6, 7].filter((update) => evaluation.due(update))).toEqual([2, 4, 6, 7]);
    await step(2);
    expect(evaluationOf(dir, {}, { resumed: 2 }).evaluation.due(2)).toBe(false);
    expect(evaluationOf(dir, {}, { resumed: 1 }).evaluation.due(2)).toBe(true);
  });

  it("keeps a snapshot for as long as a checkpoint counts it the best, and nothing else of what it wrote", async () => {
    const dir = tempDir();
    const { evaluation, step } = evaluationOf(dir, { 2: 0.3, 4: 0.1, 6: 0.4, 7: 0.5 });
    await step(2);
    await step(4);
    expect(snapshots(dir)).toEqual(["best-2"]);
    await step(6);
    // The run may still be resumed at update 4, where update 2 was the best.
    expect(snapshots(dir)).toEqual(["best-2", "best-6"]);
    await step(7);
    expect(snapshots(dir)).toEqual(["best-6", "best-7"]);
    expect(readdirSync(join(dir, "checkpoints")).filter((name) => name.startsWith("evaluation"))).toEqual([]);
    expect(evaluation.best()).toEqual({ update: 7, value: 0.5, dir: join(dir, "checkpoints", "best-7") });
    const back = evaluationOf(dir, {}, { resumed: 6 }).evaluation;
    expect(back.best()).toMatchObject({ update: 6, value: 0.4 });
    rmSync(join(dir, "checkpoints", "best-6"), { recursive: true });
    expect(() => back.best()).toThrow(IoError);
  });

  it("runs out of patience after that many evaluations that were no better", async () => {
    const dir = tempDir();
    const { evaluation, step } = evaluationOf(dir, { 2: 0.3, 4: 0.3, 6: 0.2 }, { patience: 2 });
    const stops: boolean[] = [];
    for (const update of [2, 4, 6]) {
      await step(update);
      stops.push(evaluation.stops);
    }
    expect(stops).toEqual([false, false, true]);
    expect(evaluationOf(dir, {}, { resumed: 6, patience: 2 }).evaluation.stops).toBe(true);
  });

  it("clears what an interrupted evaluation of another update left", async () => {
    const dir = tempDir();
    mkdirSync(join(dir, "checkpoints", "evaluation-9", "stages"), { recursive: true });
    await evaluationOf(dir, { 2: 0.3 }).step(2);
    expect(existsSync(join(dir, "checkpoints", "evaluation-9"))).toBe(false);
  });
});
