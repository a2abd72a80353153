/** @file metrics.jsonl of a run: one line per logged update, cut back when a resumed run repeats updates. */
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { readText, writeFileAtomic } from "../util/files.ts";
import { attempt } from "../util/io-errors.ts";
import { stringify } from "../util/json.ts";

export const METRICS_FILE = "metrics.jsonl";

/** Keeps the lines up to `update`, as the uninterrupted run had them then. */
export function cutMetrics(dir: string, update: number): void {
  const file = join(dir, METRICS_FILE);
  const kept = existsSync(file)
    ? readText(file)
        .split("\n")
        .filter((line) => line.endsWith("}") && (JSON.parse(line) as { update: number }).update <= update)
    : [];
  writeFileAtomic(file, kept.map((line) => `${line}\n`).join(""));
}

/** The losses and the gradient norm of the last logged update. */
export function lastMetrics(dir: string): Record<string, number> {
  const line = readText(join(dir, METRICS_FILE)).trimEnd().split("\n").at(-1)!;
  const { update: _update, epoch: _epoch, learning_rate: _rate, ...losses } = JSON.parse(line) as Record<string, number>;
  return losses;
}

export function appendMetrics(dir: string, record: Record<string, number>): void {
  const file = join(dir, METRICS_FILE);
  attempt(file, "write", () => appendFileSync(file, `${stringify(record)}\n`));
}

/** Wall-clock figures, outside the hashes. */
export function appendTiming(dir: string, record: Record<string, number>): void {
  const file = join(dir, "timing.jsonl");
  attempt(file, "write", () => appendFileSync(file, `${stringify(record)}\n`));
}
