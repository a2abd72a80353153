/** @file The same scores by group of turns: by turn number, by length of the history, by a tag of the dataset. */
import type { ChosenMetric } from "../../eval/registry.ts";
import type { Breakdown } from "../schema/evaluation.ts";
import { UsageError } from "../util/errors.ts";
import { compareBytes } from "../util/sort.ts";
import type { Prepared } from "./prepared.ts";
import { cellsOf, type Scored } from "./rows.ts";

/** What a turn is grouped by beside its tags. */
const NUMBERS = { turn: "the turn's number", history: "earlier exchanges it sees" } as const;

export interface BreakdownTask {
  by: readonly string[];
  prepared: Prepared;
  systems: readonly { name: string; scored: readonly Scored[] }[];
  metrics: readonly ChosenMetric[];
  resamples: number;
  seed: number;
}

/** Throws `UsageError` where a name is neither `turn`, `history` nor a tag of the turns. */
export function breakdowns({ by, prepared, systems, metrics, resamples, seed }: BreakdownTask): Breakdown[] {
  return by.map((name) => {
    const groupOf = grouping(name, prepared);
    const groups = [...new Set(prepared.turns.map(groupOf))].sort(order);
    return {
      by: name,
      groups: groups.flatMap((group) =>
        systems.flatMap(({ name: system, scored }) => {
          const parts = scored.map((one) => only(one, (turn) => groupOf(turn) === group)).filter(({ turns }) => turns.length > 0);
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

function grouping(name: string, { facts }: Prepared): (turn: string) => string {
  if (name === "turn") return (turn) => String(facts.get(turn)!.turn);
  if (name === "history") return (turn) => String(facts.get(turn)!.history);
  const tags = new Set([...facts.values()].flatMap((fact) => Object.keys(fact.tags)));
  if (!tags.has(name)) {
    const known = [...Object.keys(NUMBERS), ...[...tags].sort(compareBytes)];
    throw new UsageError(`--by ${name}: the turns can be grouped by ${known.join(", ")}`);
  }
  return (turn) => facts.get(turn)!.tags[name] ?? "(none)";
}

/** A corpus score (BLEU) is no mean of turns: a group has none. */
function only({ turns, scores, corpus }: Scored, keep: (turn: string) => boolean): Scored {
  const kept = turns.flatMap((turn, at) => (keep(turn) ? [at] : []));
  const means = [...scores].filter(([label]) => !corpus?.has(label));
  return {
    turns: kept.map((at) => turns[at]!),
    scores: new Map(means.map(([label, values]) => [label, Float64Array.from(kept, (at) => values[at]!)])),
  };
}

/** Numbers by value, names by their bytes. */
const order = (a: string, b: string): number => (/^\d+$/.test(a) && /^\d+$/.test(b) ? Number(a) - Number(b) : compareBytes(a, b));
