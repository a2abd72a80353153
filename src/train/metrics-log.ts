/**
 * @file What a run writes about itself: metrics.jsonl, a line per logged update and one per evaluation, cut back when a resumed run
 * repeats updates; the same for TensorBoard; and timing.jsonl.
 */
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { EVAL, isEvaluation, METRICS_FILE } from "../schema/metrics-log.ts";
import { EVENTS } from "../util/artifact.ts";
import { fsyncPath, readText, writeFileAtomic } from "../util/files.ts";
import { attempt } from "../util/io-errors.ts";
import { stringify } from "../util/json.ts";
import { type EventLog, openEvents } from "../util/tfevents.ts";

const TIMING_FILE = "timing.jsonl";

type Line = Record<string, number>;

/** Figures of one evaluation, by metric. */
export interface EvaluationLine {
  update: number;
  scores: Record<string, number>;
}

export class MetricsLog {
  readonly #dir: string;
  readonly #events: EventLog;

  /** Keeps the lines up to `update`, as the uninterrupted run had them then. */
  constructor(dir: string, { update }: { update: number }) {
    this.#dir = dir;
    const kept = linesOf(dir).filter((line) => line["update"]! <= update);
    writeFileAtomic(join(dir, METRICS_FILE), kept.map((line) => `${stringify(line)}\n`).join(""));
    this.#events = openEvents(join(dir, EVENTS), { after: update });
  }

  /** Losses and rates of an update; `timing` is wall-clock, and stays outside of the hashes. */
  training(line: Line & { update: number }, timing: Line): void {
    append(this.#dir, METRICS_FILE, line);
    append(this.#dir, TIMING_FILE, { update: line.update, ...timing });
    const { update, ...figures } = line;
    this.#events.scalars(update, prefixed("train/", { ...figures, ...timing }));
  }

  evaluation({ update, scores }: EvaluationLine, timing: Line): void {
    append(this.#dir, METRICS_FILE, { update, ...prefixed(EVAL, scores) });
    append(this.#dir, TIMING_FILE, { update, ...prefixed(EVAL, timing) });
    this.#events.scalars(update, prefixed("eval/", { ...scores, ...timing }));
  }

  /** The lines are on the disk: a checkpoint that counts on them may follow. */
  sync(): void {
    fsyncPath(join(this.#dir, METRICS_FILE));
  }
}

/** The evaluations of metrics.jsonl, in order. */
export function evaluationsOf(dir: string): EvaluationLine[] {
  return linesOf(dir)
    .filter(isEvaluation)
    .map(({ update, ...figures }) => ({
      update: update!,
      scores: Object.fromEntries(Object.entries(figures).map(([name, value]) => [name.slice(EVAL.length), value])),
    }));
}

/** The losses and the gradient norm of the last logged update. */
export function lastMetrics(dir: string): Record<string, number> {
  const line = linesOf(dir).findLast((one) => !isEvaluation(one));
  const { update: _update, epoch: _epoch, stage: _stage, learning_rate: _rate, loss_scale: _scale, ...losses } = line ?? {};
  return losses;
}

/** A line that a kill cut short is none. */
function linesOf(dir: string): Line[] {
  const file = join(dir, METRICS_FILE);
  if (!existsSync(file)) return [];
  return readText(file)
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as Line);
}

function append(dir: string, name: string, line: Line): void {
  const file = join(dir, name);
  attempt(file, "write", () => appendFileSync(file, `${stringify(line)}\n`));
}

function prefixed(prefix: string, figures: Line): Line {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${prefix}${name}`, value]));
}
