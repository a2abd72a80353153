/** @file The row of a system: its cells for the table, its scores per turn for tests and files. */
import type { EvaluateOptions } from "../schema/options/evaluate.ts";
import type { System } from "../schema/evaluation.ts";
import type { Inputs, Plan } from "./gather.ts";
import type { SystemInput } from "./inputs.ts";
import { LEAD_WORDS, leadAnswers } from "./lead.ts";
import { cellsOf, missingCells, type Scored } from "./rows.ts";
import { scoreResponses } from "./score-responses.ts";
import { scoreRun } from "./score-run.ts";
import { judgedTurns, referencedTurns } from "./turns.ts";

export interface Row {
  row: System;
  scored: Scored[];
}

export interface Scoring {
  options: EvaluateOptions;
  inputs: Inputs;
  plan: Plan;
  /** Told of what changes the numbers, and of what does not. */
  warn(message: string): void;
  info(message: string): void;
}

export function scoreSystem(system: SystemInput, scoring: Scoring): Row {
  const { options, plan } = scoring;
  const how = { resamples: options.bootstrap, seed: options.seed };
  const parts = [
    ...(system.run === undefined
      ? []
      : [{ metrics: plan.retrieval, scored: scoreRetrieval(system, scoring), lacking: "no passages are judged" }]),
    ...(system.responses === undefined
      ? []
      : [
          {
            metrics: plan.answers,
            scored: scoreAnswers(system.responses.path, system.responses.responses, scoring),
            lacking: "no turn has a reference answer",
          },
        ]),
  ];
  return {
    row: {
      name: system.name,
      role: "system",
      cells: parts.flatMap(({ metrics, scored, lacking }) =>
        scored === undefined ? missingCells(metrics, lacking) : cellsOf(scored, metrics, how),
      ),
    },
    scored: parts.flatMap(({ scored }) => (scored === undefined ? [] : [scored])),
  };
}

function scoreRetrieval({ name, run }: SystemInput, { options, inputs, plan, warn, info }: Scoring): Scored | undefined {
  const { qrels, prepared, qrelsFrom } = inputs;
  if (qrels === undefined) return undefined;
  const judged = judgedTurns(qrels, { from: qrelsFrom, prepared, foreign: options.qrels !== undefined });
  if (judged.length === 0) return undefined;
  const averaging = options.averaging ?? (options.format === "trec_eval" ? "intersection" : "all");
  const turns = referencedTurns({
    name,
    of: run!.table.turns,
    has: (turn) => run!.table.has(turn),
    judged,
    averaging,
    what: { file: run!.path, against: qrelsFrom, verb: "ranks", noun: "judged" },
    warn,
    info,
  });
  return scoreRun(run!.table, { qrels, turns, metrics: plan.retrieval, level: options.relevance_level, depth: options.depth ?? Infinity });
}

/** `from` names the answers in messages: the system may have its name from the run beside them. */
function scoreAnswers(
  from: string,
  responses: ReadonlyMap<string, string>,
  { options, inputs, plan, warn, info }: Scoring,
): Scored | undefined {
  const { references, dir } = inputs.prepared!;
  const judged = [...references.keys()];
  if (judged.length === 0) return undefined;
  const turns = referencedTurns({
    name: from,
    of: [...responses.keys()],
    has: (turn) => responses.has(turn),
    judged,
    averaging: options.averaging ?? "all",
    what: { file: from, against: dir, verb: "answers", noun: "referenced" },
    warn,
    info,
  });
  return scoreResponses(responses, { references, turns, metrics: plan.answers, options: { multiReference: options.multi_ref } });
}

/** What the first words of the first run's top passage would score: a model's answers must beat that. Says what the row is. */
export async function addLead(rows: Row[], { options, inputs, plan }: Scoring): Promise<string | undefined> {
  const run = inputs.systems.find((system) => system.run !== undefined);
  if (
    inputs.prepared === undefined ||
    run === undefined ||
    plan.answers.length === 0 ||
    !inputs.systems.some(({ responses }) => responses !== undefined)
  )
    return undefined;
  const answers = await leadAnswers(run.run!.table, inputs.prepared);
  if (answers === undefined || answers.size === 0) return undefined;
  const name = rows.some(({ row }) => row.name === "lead") ? "lead (baseline)" : "lead";
  const scored = scoreAnswers(name, answers, { options, inputs, plan, warn: () => {}, info: () => {} });
  if (scored === undefined) return undefined;
  inputs.files.add(inputs.prepared.artifact.path("passages.jsonl"));
  rows.push({
    row: { name, role: "baseline", cells: cellsOf(scored, plan.answers, { resamples: options.bootstrap, seed: options.seed }) },
    scored: [scored],
  });
  return `first ${LEAD_WORDS} words of ${run.name}'s top passage`;
}
