/** @file The same scores by group of turns: by turn number, by length of the history, by a tag of the dataset. */
import { basename } from "node:path";
import type { ChosenMetric } from "../../eval/registry.ts";
import type { Breakdown } from "../schema/evaluation.ts";
import { DataError, UsageError } from "../util/errors.ts";
import { compareBytes } from "../util/sort.ts";
import { idHint } from "./inputs/foreign-ids.ts";
import type { Grouping } from "./inputs/groupings.ts";
import type { Prepared } from "./inputs/prepared.ts";
import { cellsOf, type Scored } from "./scoring/rows.ts";
import { three } from "./scoring/turns.ts";

/** What a turn is grouped by beside its tags. */
const NUMBERS = { turn: "the turn's number", history: "earlier exchanges it sees" } as const;

type Grouped = Pick<Prepared, "turns" | "facts" | "dir">;

export interface BreakdownTask {
  by: readonly string[];
  /** The turns, and what is known of them: of a qrels file nothing. */
  grouped: Grouped;
  /** Of the files among `by`. */
  groupings: ReadonlyMap<string, Grouping>;
  systems: readonly { name: string; scored: readonly Scored[] }[];
  metrics: readonly ChosenMetric[];
  resamples: number;
  seed: number;
}

/** Throws `UsageError` where a name is neither `turn`, `history` nor a tag of the turns. */
export function breakdowns({ by, grouped, groupings, systems, metrics, resamples, seed }: BreakdownTask): Breakdown[] {
  return by.map((name) => {
    const given = groupings.get(name);
    const groupsOf = given === undefined ? grouping(name, grouped) : groupsBy(given, name, grouped);
    const groups = [...new Set(grouped.turns.flatMap(groupsOf))].sort(order);
    return {
      by: given === undefined ? name : basename(name),
      groups: groups.flatMap((group) =>
        systems.flatMap(({ name: system, scored }) => {
          const parts = scored.map((one) => only(one, (turn) => groupsOf(turn).includes(group))).filter(({ turns }) => turns.length > 0);
          const cells = parts.flatMap((part) =>
            cellsOf(
              part,
              metrics.filter(({ label }) => part.scores.has(label)),
              { resamples, seed },
            ),
          );
          return cells.length === 0 ? [] : [{ group, system, cells }];
        }),
      ),
    };
  });
}

function grouping(name: string, { facts }: Grouped): (turn: string) => string[] {
  if (name === "turn") return (turn) => [String(facts.get(turn)!.turn)];
  if (name === "history") return (turn) => [String(facts.get(turn)!.history)];
  const tags = new Set([...facts.values()].flatMap((fact) => Object.keys(fact.tags)));
  if (!tags.has(name)) {
    const known = [...Object.keys(NUMBERS), ...[...tags].sort(compareBytes)];
    throw new UsageError(
      `--by ${name}: the turns can be grouped by ${known.join(", ")}, or by a file {group: [turn, …]} whose name ends in .json`,
    );
  }
  return (turn) => [facts.get(turn)!.tags[name] ?? "(none)"];
}

/** Throws `DataError` where the file names no turn of the split. */
function groupsBy(given: Grouping, file: string, { turns, dir }: Grouped): (turn: string) => readonly string[] {
  if (!turns.some((turn) => given.has(turn))) {
    const ids = [...given.keys()];
    const hint = idHint("by", ids, turns) ?? "the ids must be the same";
    throw new DataError(`groups no turn of ${dir}: it has ${three(ids)}, there are ${three(turns)}; ${hint}`, { file });
  }
  return (turn) => given.get(turn) ?? ["(none)"];
}

/** A corpus score (BLEU) is no mean of turns: a group has none. */
function only({ turns, over, scores, corpus }: Scored, keep: (turn: string) => boolean): Scored {
  const kept = turns.flatMap((turn, at) => (keep(turn) ? [at] : []));
  const means = [...scores].filter(([label]) => !corpus?.has(label));
  return {
    turns: kept.map((at) => turns[at]!),
    over,
    scores: new Map(means.map(([label, values]) => [label, Float64Array.from(kept, (at) => values[at]!)])),
  };
}

/** Numbers by value, names by their bytes. */
const order = (a: string, b: string): number => (/^\d+$/.test(a) && /^\d+$/.test(b) ? Number(a) - Number(b) : compareBytes(a, b));
