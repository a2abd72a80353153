/** @file `uniconv fuse`: joins runs, by the ranks they give or by their scaled scores. */
import type { FuseOptions } from "../schema/options/fuse.ts";
import { writeArtifact } from "../util/artifact.ts";
import { Interrupted, UsageError } from "../util/errors.ts";
import type { StageContext } from "../util/reporter.ts";
import { readRun, RunWriter } from "../util/run-file.ts";
import type { RankedPassage } from "../util/run-table.ts";
import { byScoreThenId } from "../util/sort.ts";

export interface FuseResult {
  status: "done" | "written";
  dir: string;
  turns: number;
  rows: number;
}

/** A turn that some runs lack is ranked by those that have it. */
export async function fuse(options: FuseOptions, context: StageContext): Promise<FuseResult> {
  const weights = resolveWeights(options);
  const runs = await Promise.all(options.run.map((path) => readRun(path)));
  const turns = [...new Set(runs.flatMap(({ table }) => table.turns))];
  for (const [i, { table }] of runs.entries()) {
    const missing = turns.length - table.turns.length;
    if (missing > 0) context.reporter.warn(`${options.run[i]} lacks ${missing} of ${turns.length} turns; the other runs rank them alone`);
  }
  const written = await writeArtifact(
    {
      output: options.output,
      kind: "run",
      command: "fuse",
      options,
      seed: 0,
      inputs: runs.map(({ path }) => path),
      partial: runs.some(({ partial }) => partial),
      resume: options.resume,
      overwrite: options.overwrite,
    },
    async (draft) => {
      const writer = new RunWriter(draft.dir, options.tag);
      for (const turn of turns) {
        if (context.signal.aborted) throw new Interrupted("stopped while fusing");
        const rankings = runs.map(({ table }) => table.passages(turn));
        writer.write(turn, options.method === "rrf" ? fuseRanks(rankings, weights, options) : fuseScores(rankings, weights, options));
      }
      Object.assign(draft.stats, await writer.close());
    },
  );
  const { turns: count, rows } = written.manifest.stats as { turns: number; rows: number };
  return { status: written.status, dir: written.dir, turns: count, rows };
}

function resolveWeights({ run, weights }: FuseOptions): number[] {
  if (weights.length === 0) return run.map(() => 1);
  if (weights.length !== run.length)
    throw new UsageError(`${weights.length} weights for ${run.length} runs; give one --weights value per --run, in their order`);
  if (weights.every((weight) => weight === 0)) throw new UsageError("all --weights are 0: nothing would be ranked");
  return weights;
}

/** score(d) = sum over the runs that list d of weight / (k + rank), rank from 1 (Cormack, Clarke and Büttcher, SIGIR 2009). */
export function fuseRanks(
  rankings: readonly (readonly RankedPassage[])[],
  weights: readonly number[],
  { k, top_k }: { k: number; top_k: number },
): RankedPassage[] {
  return join(rankings, top_k, (_, rank, run) => weights[run]! / (k + rank));
}

/** score(d) = sum of weight × (s - min) / (max - min) over a turn's scores in each run; a run that scores all passages alike gives them 1. */
export function fuseScores(
  rankings: readonly (readonly RankedPassage[])[],
  weights: readonly number[],
  { top_k }: { top_k: number },
): RankedPassage[] {
  const ranges = rankings.map((ranking) => ({ max: ranking[0]?.score ?? 0, min: ranking.at(-1)?.score ?? 0 }));
  return join(rankings, top_k, (score, _, run) => {
    const { max, min } = ranges[run]!;
    return weights[run]! * (max === min ? 1 : (score - min) / (max - min));
  });
}

function join(
  rankings: readonly (readonly RankedPassage[])[],
  top: number,
  contribution: (score: number, rank: number, run: number) => number,
): RankedPassage[] {
  const scores = new Map<string, number>();
  for (const [run, ranking] of rankings.entries())
    for (const [i, { id, score }] of ranking.entries()) scores.set(id, (scores.get(id) ?? 0) + contribution(score, i + 1, run));
  return [...scores]
    .map(([id, score]) => ({ id, score }))
    .sort(byScoreThenId)
    .slice(0, top);
}
