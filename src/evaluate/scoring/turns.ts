/** @file Which turns a score is averaged over, and what is said about the others. */
import type { EvaluateOptions } from "../../schema/options/evaluate.ts";
import { DataError } from "../../util/errors.ts";
import type { Qrels } from "../../util/qrels.ts";
import { idHint } from "../inputs/foreign-ids.ts";

/** The turns with judgements, of the prepared split if there is one. Throws `DataError` when a foreign file judges none of them. */
export function judgedTurns(
  qrels: Qrels,
  { from, prepared, foreign }: { from: string; prepared: { turns: readonly string[]; dir: string } | undefined; foreign: boolean },
): string[] {
  if (prepared === undefined) return [...qrels.keys()];
  const judged = prepared.turns.filter((turn) => qrels.has(turn));
  if (foreign && judged.length === 0)
    throw new DataError(
      `judges no turn of ${prepared.dir}: it has ${three([...qrels.keys()])}, there are ${three(prepared.turns)}; ${idHint("qrels", [...qrels.keys()], prepared.turns) ?? SAME}`,
      { file: from },
    );
  return judged;
}

const SAME = "the ids must be the same (--id-format reads other groups' ids)";

/** What a turn must have to be scored: each kind of metric asks for something else. */
export type Over = "judged turns" | "referenced turns" | "answerable turns" | "turns with evidence" | "turns with passages";

export type Averaging = "all" | "intersection";

/** --averaging, or for trec_eval's format what trec_eval does. */
export function averagingOf({ averaging, format }: Pick<EvaluateOptions, "averaging" | "format">): Averaging {
  return averaging ?? (format === "trec_eval" ? "intersection" : "all");
}

export interface Coverage {
  /** The system, for warnings. */
  name: string;
  /** Every turn the system has. */
  of: readonly string[];
  has(turn: string): boolean;
  /** Turns that can be scored. */
  judged: readonly string[];
  averaging: Averaging;
  what: {
    file: string;
    against: string;
    verb: "ranks" | "answers";
    noun: Over;
  };
  warn(message: string): void;
  info(message: string): void;
}

/** All judged turns, or those the system has. Throws `DataError` when it has none: then the ids do not match. */
export function referencedTurns({ name, of, has, judged, averaging, what, warn, info }: Coverage): string[] {
  const shared = judged.filter(has);
  if (shared.length === 0) {
    // Either side may be the foreign one.
    const hint = idHint(what.verb === "ranks" ? "run" : "responses", of, judged) ?? idHint("qrels", judged, of) ?? SAME;
    throw new DataError(
      `${what.verb} none of the ${what.noun} of ${what.against}: it has ${three(of)}, there are ${three(judged)}; ${hint}`,
      { file: what.file },
    );
  }
  const missing = judged.length - shared.length;
  if (missing > 0)
    warn(
      averaging === "all"
        ? `${name} lacks ${missing} of ${judged.length} ${what.noun}; they count 0 (--averaging intersection leaves them out)`
        : `${name} lacks ${missing} of ${judged.length} ${what.noun}; they are left out (--averaging all counts them 0)`,
    );
  const extra = of.length - shared.length;
  if (extra > 0) info(`${name} ${what.verb} ${extra} turns beside the ${what.noun}; they are not scored`);
  return averaging === "all" ? [...judged] : shared;
}

export function three(ids: readonly string[]): string {
  if (ids.length === 0) return "none";
  return ids
    .slice(0, 3)
    .map((id) => JSON.stringify(id))
    .join(", ");
}
