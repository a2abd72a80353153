/** @file The lead baseline: the first words of the top passage, as if they were the answer. A model's answers must beat that. */
import type { RunTable } from "../../util/run-table.ts";
import { type Prepared, readPassageTexts } from "../inputs/prepared.ts";
import { groupByTurns } from "./answer-options.ts";
import { cellsOf } from "./rows.ts";
import { type Row, scoreAnswers, type Scoring } from "./score-system.ts";

const LEAD_WORDS = 30;

/** Adds the row of the first run's top passages, where there are answers to set beside it. Says what the row is. */
export async function addLead(rows: Row[], { options, inputs, plan }: Scoring): Promise<string | undefined> {
  const run = inputs.systems.find((system) => system.run !== undefined);
  if (
    inputs.prepared === undefined ||
    run === undefined ||
    !plan.answers.some(({ metric }) => metric.against === undefined) ||
    !inputs.systems.some(({ responses }) => responses !== undefined)
  )
    return undefined;
  const answers = await leadAnswers(run.run!.table, { prepared: inputs.prepared, files: inputs.files });
  if (answers === undefined || answers.size === 0) return undefined;
  const name = rows.some(({ row }) => row.name === "lead") ? "lead (baseline)" : "lead";
  const metrics = plan.answers.filter(({ metric }) => metric.against === undefined);
  const quiet = { options, inputs, plan, warn: () => {}, info: () => {} };
  const parts = groupByTurns(metrics, inputs.prepared.references).flatMap(({ answerableOnly, ...group }) => {
    const scored = scoreAnswers(
      { from: name, responses: answers, ...group, noun: answerableOnly ? "answerable turns" : "referenced turns" },
      quiet,
    );
    return scored === undefined ? [] : [{ scored, metrics: group.metrics }];
  });
  if (parts.length === 0) return undefined;
  const how = { resamples: options.bootstrap, seed: options.seed };
  rows.push({
    row: { name, role: "baseline", cells: parts.flatMap((part) => cellsOf(part.scored, part.metrics, how)) },
    scored: parts.map(({ scored }) => scored),
  });
  return `first ${LEAD_WORDS} words of ${run.name}'s top passage`;
}

/** Undefined when there are no texts of passages. Turns whose top passage it lacks have no answer. */
async function leadAnswers(
  run: RunTable,
  { prepared, files }: { prepared: Prepared; files: Set<string> },
): Promise<Map<string, string> | undefined> {
  const tops = new Map<string, string>();
  for (const turn of prepared.references.keys()) {
    const [top] = run.passages(turn, 1);
    if (top !== undefined) tops.set(turn, top.id);
  }
  const texts = await readPassageTexts(prepared, { ids: new Set(tops.values()), files });
  if (texts === undefined) return undefined;
  const answers = new Map<string, string>();
  for (const [turn, id] of tops) {
    const text = texts.get(id);
    if (text !== undefined) answers.set(turn, text.split(/\s+/).filter(Boolean).slice(0, LEAD_WORDS).join(" "));
  }
  return answers;
}
