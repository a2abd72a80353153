/**
 * @file Evaluation in the loop, as the training job sees it: when it is due, what it says of the best update, when to stop. The work
 * is the parent's, asked for by message. Everything follows from the evaluations in metrics.jsonl, so nothing more has to survive a kill.
 */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SCRATCH } from "../util/artifact.ts";
import { IoError } from "../util/errors.ts";
import { fsyncPath, makeFolder } from "../util/files.ts";
import { attempt } from "../util/io-errors.ts";
import { checkpointUpdates } from "./checkpoint.ts";
import { type EvaluationLine, evaluationsOf, type MetricsLog } from "./metrics-log.ts";

/** What the job asks its parent. */
export interface EvaluationQuestion {
  update: number;
  /** The parameters of the update as an ordinary model directory. */
  model: string;
  /** Where the stages may write; what an interrupted evaluation left there is used again. */
  folder: string;
}

export interface EvaluationAnswer {
  /** 0-1, by metric; those that have nothing to measure are left out. */
  scores: Record<string, number>;
}

/** The options that decide when to evaluate and what follows from it. */
export interface EvaluationSettings {
  eval_steps: number;
  load_best_model_at_end: boolean;
  early_stopping_patience?: number | undefined;
}

export interface Standing {
  best: { update: number; value: number } | null;
  /** Evaluations since the best one. */
  without: number;
  /** The update of the last evaluation; 0 before the first. */
  last: number;
}

/** Better is higher, for every metric there is; of equal values the first is the best, as in transformers. */
export function standingOf(lines: readonly EvaluationLine[], metric: string): Standing {
  const standing: Standing = { best: null, without: 0, last: 0 };
  for (const { update, scores } of lines) {
    const value = scores[metric];
    standing.last = update;
    if (value !== undefined && (standing.best === null || value > standing.best.value)) {
      standing.best = { update, value };
      standing.without = 0;
    } else standing.without++;
  }
  return standing;
}

export interface DevEvaluationSource {
  /** The draft directory. */
  dir: string;
  total: number;
  settings: EvaluationSettings;
  /** As metrics.jsonl spells it. */
  metric: string;
  log: MetricsLog;
  /** Writes the current parameters as a model directory. */
  exportTo(dir: string): Promise<void>;
  ask(question: EvaluationQuestion): Promise<EvaluationAnswer>;
  info(message: string): void;
}

export class DevEvaluation {
  readonly #from: DevEvaluationSource;
  #standing: Standing;

  constructor(from: DevEvaluationSource) {
    this.#from = from;
    this.#standing = standingOf(evaluationsOf(from.dir), from.metric);
  }

  /** After every `eval_steps` updates and at the end, unless it has been done. */
  due(update: number): boolean {
    const { total, settings } = this.#from;
    return update > 0 && (update % settings.eval_steps === 0 || update === total) && this.#standing.last < update;
  }

  /** Patience is over. */
  get stops(): boolean {
    const { early_stopping_patience: patience } = this.#from.settings;
    return patience !== undefined && this.#standing.without >= patience;
  }

  /** Evaluates the current parameters. The caller has left a checkpoint of them: an interruption is thrown on, and costs nothing else. */
  async run(update: number): Promise<void> {
    const { dir, metric, log, settings, exportTo, ask, info } = this.#from;
    const scratch = join(dir, SCRATCH);
    const folder = join(scratch, `${EVALUATION}${update}`);
    for (const name of readdirSync(scratch))
      if (name.startsWith(EVALUATION) && join(scratch, name) !== folder) rmSync(join(scratch, name), { recursive: true });
    const model = join(folder, "model");
    attempt(model, "delete", () => rmSync(model, { recursive: true, force: true }));
    makeFolder(model);
    await exportTo(model);
    const since = performance.now();
    const { scores } = await ask({ update, model, folder });
    const before = this.#standing;
    const better = scores[metric] !== undefined && (before.best === null || scores[metric] > before.best.value);
    // The snapshot is in its place before the line that says it is the best.
    if (better && settings.load_best_model_at_end) keep(model, snapshotOf(dir, update));
    log.evaluation({ update, scores }, { seconds: Math.round((performance.now() - since) / 100) / 10 });
    this.#standing = standingOf(evaluationsOf(dir), metric);
    attempt(folder, "remove", () => rmSync(folder, { recursive: true }));
    this.#dropOldSnapshots();
    info(`evaluation at update ${update}: ${describeScores(scores)} (${this.#describeStanding(better)})`);
  }

  /** The snapshot of the best update as a model directory; null where the last parameters are to be exported. */
  best(): { update: number; value: number; dir: string } | null {
    const { dir, settings } = this.#from;
    const { best } = this.#standing;
    if (!settings.load_best_model_at_end || best === null) return null;
    const snapshot = snapshotOf(dir, best.update);
    if (!existsSync(snapshot))
      throw new IoError(`${snapshot} is gone: the model of update ${best.update}, the best of the run; start over with --overwrite`);
    return { ...best, dir: snapshot };
  }

  #describeStanding(better: boolean): string {
    const { metric, settings } = this.#from;
    const { best, without } = this.#standing;
    if (best === null) return `no ${metric}`;
    if (better) return `the best ${metric} so far`;
    const patience = settings.early_stopping_patience;
    const since = patience === undefined ? "" : `; ${without} of ${patience} evaluations without a better one`;
    return `best ${metric} ${percent(best.value)} at update ${best.update}${since}`;
  }

  /** A snapshot stays while it is the best as of any checkpoint that a run may be resumed from. */
  #dropOldSnapshots(): void {
    const { dir, metric } = this.#from;
    const lines = evaluationsOf(dir);
    const bestAt = (update: number) =>
      standingOf(
        lines.filter((line) => line.update <= update),
        metric,
      ).best;
    const kept = [...checkpointUpdates(dir), Infinity].flatMap((update) => bestAt(update)?.update ?? []);
    const folder = join(dir, SCRATCH);
    for (const name of readdirSync(folder))
      if (name.startsWith(BEST) && !kept.includes(Number(name.slice(BEST.length)))) rmSync(join(folder, name), { recursive: true });
  }
}

/** `nDCG@3 41.2 R@10 60.0`, times 100 as in tables. */
export function describeScores(scores: Readonly<Record<string, number>>): string {
  return Object.entries(scores)
    .map(([metric, value]) => `${metric} ${percent(value)}`)
    .join(", ");
}

const EVALUATION = "evaluation-";
const BEST = "best-";

const percent = (value: number): string => (100 * value).toFixed(1);
const snapshotOf = (dir: string, update: number): string => join(dir, SCRATCH, `${BEST}${update}`);

function keep(model: string, snapshot: string): void {
  attempt(snapshot, "rename into place", () => {
    rmSync(snapshot, { recursive: true, force: true });
    renameSync(model, snapshot);
  });
  for (const name of readdirSync(snapshot)) fsyncPath(join(snapshot, name));
  fsyncPath(snapshot);
  fsyncPath(join(snapshot, ".."));
}
