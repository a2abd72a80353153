/** @file What a metric is: the contract of every file in eval/metrics/. */

/** The ranking of one turn, reduced to what a retrieval metric may look at. */
export interface JudgedRanking {
  /** The grade of the passage at each rank, best first; `UNJUDGED` where the qrels say nothing (or say a negative grade). */
  readonly grades: Int32Array;
  /** Every positive grade the qrels hold for the turn, highest first: the ideal ranking. */
  readonly ideal: Int32Array;
  /** Judged passages with grade >= level, retrieved or not. */
  readonly relevant: number;
  /** Judged passages with 0 <= grade < level, retrieved or not. */
  readonly nonrelevant: number;
  /** The lowest grade that counts as relevant. nDCG alone ignores it: its gain is the grade. */
  readonly level: number;
}

export const UNJUDGED = -1;

/** A generated answer beside its references (never empty: turns without a reference are not scored). */
export interface Answer {
  readonly prediction: string;
  readonly references: readonly string[];
}

/** How several references are combined: the best one, the mean of leave-one-out bests, the first only. */
export type MultiReference = "max" | "loo" | "first";

/** Whose F1: text/f1-variants.ts says how they differ. */
export type F1Variant = "squad" | "inscit" | "topiocqa" | "quac";

export interface AnswerOptions {
  readonly multiReference: MultiReference;
  /** Of the F1s; squad if absent. */
  readonly f1Variant?: F1Variant;
}

interface MetricBase {
  /** As the field writes it, without a cutoff: `nDCG`. */
  readonly name: string;
  /** Other spellings accepted on the command line. */
  readonly aliases: readonly string[];
  /** One line for `help metrics`: the equation in words. */
  readonly about: string;
  /** Where the definition comes from. */
  readonly source: string;
  readonly higherIsBetter: boolean;
  /** How turns become one number; counts are summed. */
  readonly aggregate: "mean" | "sum" | "geometric-mean";
  /** What `@x` may follow the name: nothing, an optional or a required cutoff rank, an n-gram length, a recall point in [0, 1]. */
  readonly parameter: "none" | "optional-cutoff" | "cutoff" | "order" | "recall-point";
}

export interface RetrievalMetric extends MetricBase {
  readonly kind: "retrieval";
  /** trec_eval's name for it; absent when trec_eval has no such measure. */
  readonly trec?: (parameter: number) => string;
  /** `parameter` is Infinity when an optional cutoff is left out. */
  score(ranking: JudgedRanking, parameter: number): number;
  /** The metric that a list of trec_eval's parameters makes of this one (`11pt_avg_.25,.5`, `ndcg_1=3,2=9`); undefined for another text. */
  variant?(parameters: string): RetrievalMetric | undefined;
  readonly examples: readonly RetrievalExample[];
}

export interface AnswerMetric extends MetricBase {
  readonly kind: "answer";
  /**
   * What stands in the place of the references: the texts a turn's answer has to rest on, or the passages the answer was given, joined
   * to one. Absent: the reference answers.
   */
  readonly against?: "evidence" | "passages";
  /** Whether a turn with these references is scored at all; absent: every turn with a reference. */
  readonly answerable?: (references: readonly string[]) => boolean;
  /** The score of one turn, 0-1. */
  score(answer: Answer, parameter: number, options: AnswerOptions): number;
  /** Where the published number is not the mean of turns (BLEU): the corpus score. */
  corpus?(answers: readonly Answer[], parameter: number): number;
  readonly examples: readonly AnswerExample[];
}

/** What a turn's answer cites, beside the judgements of the turn. */
export interface JudgedCitations {
  /** Different passages cited; a citation that points to no passage of the prompt is one too, and not right. */
  readonly cited: number;
  /** Of the passages cited, those judged with grade >= level. */
  readonly right: number;
  /** Passages judged with grade >= level, shown to the model or not. */
  readonly relevant: number;
}

export interface CitationMetric extends MetricBase {
  readonly kind: "citation";
  /** The score of one turn, 0-1. */
  score(citations: JudgedCitations): number;
  readonly examples: readonly CitationExample[];
}

export type Metric = RetrievalMetric | AnswerMetric | CitationMetric;

/** A hand-checked case every metric file carries; the contract test runs it. */
export interface RetrievalExample {
  /** Grades in rank order, `UNJUDGED` included. */
  readonly ranking: readonly number[];
  /** All grades in the qrels of the turn. */
  readonly judgements: readonly number[];
  readonly level?: number;
  readonly parameter?: number;
  readonly score: number;
}

export interface AnswerExample extends Answer {
  readonly parameter?: number;
  readonly score: number;
}

export interface CitationExample extends JudgedCitations {
  readonly parameter?: number;
  readonly score: number;
}

/** Counts what the metrics need from the qrels of one turn. */
export function judge(grades: Int32Array, judgements: Iterable<number>, level: number): JudgedRanking {
  const positive: number[] = [];
  let relevant = 0;
  let nonrelevant = 0;
  for (const grade of judgements) {
    if (grade > 0) positive.push(grade);
    if (grade >= level) relevant++;
    else if (grade >= 0) nonrelevant++;
  }
  const ideal = Int32Array.from(positive).sort().reverse();
  return { grades, ideal, relevant, nonrelevant, level };
}

/** `nDCG@3`, `AP`, `BLEU-1`: the spelling used in every output. */
export function metricLabel(metric: Metric, parameter: number): string {
  if (metric.parameter === "none" || parameter === Infinity) return metric.name;
  return metric.parameter === "order" ? `${metric.name}-${parameter}` : `${metric.name}@${parameter}`;
}
