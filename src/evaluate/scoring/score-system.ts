/** @file The row of a system: its cells for the table, its scores per turn for tests and files. */
import type { ChosenMetric } from "../../../eval/registry.ts";
import type { EvaluateOptions } from "../../schema/options/evaluate.ts";
import type { System } from "../../schema/evaluation.ts";
import type { Qrels } from "../../util/qrels.ts";
import type { RunTable } from "../../util/run-table.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { ResponsesFile, SystemInput } from "../inputs/systems.ts";
import { answerOptions, groupByTurns } from "./answer-options.ts";
import type { Plan } from "./plan.ts";
import { cellsOf, missingCells, type Scored } from "./rows.ts";
import { citationsOf, comparedAnswers, scoreCitations } from "./score-citations.ts";
import { type ChosenAnswerMetric, scoreResponses } from "./score-responses.ts";
import { scoreRun } from "./score-run.ts";
import { averagingOf, type Coverage, judgedTurns, referencedTurns } from "./turns.ts";

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
    ...(system.responses === undefined ? [] : answerParts(system.responses, scoring)),
    ...(system.responses === undefined || plan.citations.length === 0 ? [] : [citationPart(system.responses, scoring)]),
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
  const turns = referencedTurns({
    name,
    of: run!.table.turns,
    has: (turn) => run!.table.has(turn),
    judged,
    averaging: averagingOf(options),
    what: { file: run!.path, against: qrelsFrom, verb: "ranks", noun: "judged turns" },
    warn,
    info,
  });
  const how = { qrels, turns, metrics: plan.retrieval, level: options.relevance_level, depth: options.depth ?? Infinity };
  const { judged: met, ...scores } = scoreRun(run!.table, how);
  if (!met) warn(strangers(name, run!.table, how));
  return { over: "judged turns", ...scores };
}

/** Every score is 0 then: more likely the passages are another collection's than the ranking so poor. */
function strangers(name: string, run: RunTable, { qrels, turns }: { qrels: Qrels; turns: readonly string[] }): string {
  const turn = turns.find((one) => run.passages(one, 1).length > 0) ?? turns[0]!;
  const [ranked] = run.passages(turn, 1);
  const [judged] = qrels.get(turn)?.keys() ?? [];
  const example =
    ranked === undefined || judged === undefined
      ? ""
      : `: at ${turn} it ranks ${JSON.stringify(ranked.id)}, judged is ${JSON.stringify(judged)}`;
  return `${name} ranks no passage that is judged, on any turn${example}. Are both of one collection?`;
}

interface Part {
  metrics: readonly ChosenMetric[];
  scored: Scored | undefined;
  lacking: string;
}

/** Answers are measured against references, against evidence, or against the passages they were given: each over its own turns. */
function answerParts(file: ResponsesFile, scoring: Scoring): Part[] {
  const { path, passages } = file;
  const { plan, inputs, options, info } = scoring;
  if (plan.answers.length === 0) return [];
  const responses = comparedAnswers(file, { citations: options.citations, info });
  const { prepared, passageTexts } = inputs;
  const given = new Map<string, string[]>();
  for (const [turn, ids] of passages) {
    const texts = ids.flatMap((id) => passageTexts?.get(id) ?? []);
    if (texts.length > 0 && texts.length === ids.length) given.set(turn, texts);
  }
  const groups = [
    { against: undefined, targets: prepared!.references, noun: "referenced turns", lacking: "no turn has a reference answer" },
    { against: "evidence", targets: prepared!.evidence, noun: "turns with evidence", lacking: "the dataset names no evidence" },
    {
      against: "passages",
      targets: given,
      noun: "turns with passages",
      lacking: "no answer was given passages whose texts are in --input or --passages",
    },
  ] as const;
  return groups.flatMap(({ against, targets, noun, lacking }) => {
    const metrics = plan.answers.filter(({ metric }) => metric.against === against);
    return groupByTurns(metrics, targets).map(({ answerableOnly, ...group }) => {
      const task: AnswerTask = { from: path, responses, ...group, noun: answerableOnly ? "answerable turns" : noun };
      return {
        metrics: group.metrics,
        scored: scoreAnswers(task, scoring),
        lacking: answerableOnly ? "no answerable turn is answered" : lacking,
      };
    });
  });
}

/** What an answer cites, by the judgements of its turn. */
function citationPart(file: ResponsesFile, { options, inputs, plan, warn, info }: Scoring): Part {
  const { qrels, prepared, qrelsFrom } = inputs;
  const part = (lacking: string, scored?: Scored): Part => ({ metrics: plan.citations, scored, lacking });
  const judged = qrels === undefined ? [] : judgedTurns(qrels, { from: qrelsFrom, prepared, foreign: options.qrels !== undefined });
  if (qrels === undefined || judged.length === 0) return part("no passages are judged");
  const cited = citationsOf(file);
  if (cited.size === 0) return part("no answer cites a passage");
  const beyond = [...cited.values()].reduce((sum, one) => sum + one.beyond, 0);
  if (beyond > 0)
    warn(`${file.path}: ${beyond} ${beyond === 1 ? "citation points" : "citations point"} to no passage of the prompt; counted as wrong`);
  const turns = referencedTurns({
    name: file.path,
    of: [...file.responses.keys()],
    has: (turn) => file.responses.has(turn),
    judged,
    averaging: averagingOf(options),
    what: { file: file.path, against: qrelsFrom, verb: "answers", noun: "judged turns" },
    warn,
    info,
  });
  const scores = scoreCitations(cited, { qrels, turns, metrics: plan.citations, level: options.relevance_level });
  return part("", { over: "judged turns", ...scores });
}

interface AnswerTask {
  /** Names the answers in messages: the system may have its name from the run beside them. */
  from: string;
  responses: ReadonlyMap<string, string>;
  /** What each turn's answer is measured against. */
  targets: ReadonlyMap<string, readonly string[]>;
  metrics: readonly ChosenAnswerMetric[];
  noun: Coverage["what"]["noun"];
}

/** Undefined where nothing is to be measured against. */
export function scoreAnswers(
  { from, responses, targets, metrics, noun }: AnswerTask,
  { options, inputs, warn, info }: Scoring,
): Scored | undefined {
  const judged = inputs.prepared!.turns.filter((turn) => targets.has(turn));
  if (judged.length === 0) return undefined;
  // Elsewhere that means that the ids are others; here the answers may be those to the turns left out.
  if (noun === "answerable turns" && !judged.some((turn) => responses.has(turn))) return undefined;
  const turns = referencedTurns({
    name: from,
    of: [...responses.keys()],
    has: (turn) => responses.has(turn),
    judged,
    averaging: averagingOf(options),
    what: { file: from, against: inputs.prepared!.dir, verb: "answers", noun },
    warn,
    info,
  });
  return { over: noun, ...scoreResponses(responses, { references: targets, turns, metrics, options: answerOptions(options) }) };
}
