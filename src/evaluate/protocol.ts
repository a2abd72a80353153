/** @file What a reader must know to read the numbers: the turns behind them, and how they were measured. */
import type { Evaluation } from "../schema/evaluation.ts";
import type { EvaluateOptions } from "../schema/options/evaluate.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { answerOptions } from "./scoring/answer-options.ts";
import { citationProtocol } from "./scoring/score-citations.ts";
import type { Row } from "./scoring/score-system.ts";
import { averagingOf, type Over } from "./scoring/turns.ts";

/** What the turns behind the scores are called beside their number. */
const COUNTED: readonly (readonly [Over, string])[] = [
  ["judged turns", "judged turns"],
  ["referenced turns", "turns with references"],
  ["answerable turns", "answerable turns"],
  ["turns with evidence", "turns with evidence"],
  ["turns with passages", "turns with passages"],
];

/** As report and metrics.json say it, in this order. */
export function protocolOf(options: EvaluateOptions, { prepared, systems, renamed }: Inputs, rows: readonly Row[]): Evaluation["protocol"] {
  const scored = rows.flatMap((row) => row.scored);
  // Several where the systems have different turns and --averaging intersection takes those of each.
  const counted = COUNTED.flatMap(([over, key]): [string, string | number][] => {
    const distinct = [...new Set(scored.filter((one) => one.over === over).map(({ turns }) => turns.length))];
    return distinct.length === 0 ? [] : [[key, distinct.length > 1 ? distinct.join("/") : distinct[0]!]];
  });
  const judged = scored.some(({ over }) => over === "judged turns");
  const answered = scored.some(({ over }) => over !== "judged turns");
  const { f1Variant, multiReference } = answerOptions(options);
  return {
    ...(prepared === undefined ? {} : { split: prepared.split }),
    ...Object.fromEntries(counted),
    averaging: averagingOf(options),
    ...(judged ? { "relevance level": options.relevance_level } : {}),
    ...(judged && options.depth !== undefined ? { depth: options.depth } : {}),
    ...(answered ? { "F1 variant": f1Variant, "several references": multiReference } : {}),
    ...citationProtocol(systems, options.citations),
    ...(renamed.length > 0 ? { "turn ids": renamed.join("; ") } : {}),
  };
}
