/** @file What answers cite, judged by the relevance of the cited passages. */
import type { CitationMetric } from "../../../eval/metric.ts";
import type { ChosenMetric } from "../../../eval/registry.ts";
import { citedNumbers, holdsCitations, withoutCitations } from "../../../eval/text/citations.ts";
import type { EvaluateOptions } from "../../schema/options/evaluate.ts";
import type { Qrels } from "../../util/qrels.ts";
import type { ResponsesFile, SystemInput } from "../inputs/systems.ts";

export type ChosenCitationMetric = ChosenMetric & { readonly metric: CitationMetric };

export function isCitation(chosen: ChosenMetric): chosen is ChosenCitationMetric {
  return chosen.metric.kind === "citation";
}

export interface Cited {
  /** Ids of passages, each once. */
  passages: ReadonlySet<string>;
  /** Citations that point to no passage of the prompt. */
  beyond: number;
}

/** By turn, of the answers that cite anything: by the ids a system names apart, else by the markers where the prompt had passages. */
export function citationsOf({
  responses,
  passages,
  citations,
}: Pick<ResponsesFile, "responses" | "passages" | "citations">): Map<string, Cited> {
  const found = new Map<string, Cited>();
  for (const [turn, answer] of responses) {
    const shown = passages.get(turn) ?? [];
    const named = citations.get(turn);
    const cited = named === undefined ? byMarkers(answer, shown) : byIds(named, shown);
    if (cited.passages.size + cited.beyond > 0) found.set(turn, cited);
  }
  return found;
}

function byMarkers(answer: string, shown: readonly string[]): Cited {
  if (shown.length === 0) return { passages: new Set(), beyond: 0 };
  const { within, beyond } = citedNumbers(answer, shown.length);
  return { passages: new Set(within.map((number) => shown[number - 1]!)), beyond };
}

function byIds(named: readonly string[], shown: readonly string[]): Cited {
  const known = new Set(shown);
  const passages = new Set(shown.length === 0 ? named : named.filter((id) => known.has(id)));
  return { passages, beyond: new Set(named).size - passages.size };
}

/**
 * The answers as they are compared with texts. The field's own scorers know no markers, so that they are words unless asked otherwise.
 * An answer that was given no passages stays as it is: what looks like a marker there points to nothing.
 */
export function comparedAnswers(
  { path, responses, passages }: Pick<ResponsesFile, "path" | "responses" | "passages">,
  { citations, info }: Pick<EvaluateOptions, "citations"> & { info(message: string): void },
): ReadonlyMap<string, string> {
  const marked = [...responses].filter(([turn, answer]) => (passages.get(turn) ?? []).length > 0 && holdsCitations(answer));
  if (marked.length === 0) return responses;
  if (citations === "strip") return new Map([...responses, ...marked.map(([turn, answer]) => [turn, withoutCitations(answer)] as const)]);
  info(
    `${path}: ${marked.length} of ${responses.size} answers ${marked.length === 1 ? "holds" : "hold"} citation markers such as [1]; --citations strip leaves them out before comparing with texts`,
  );
  return responses;
}

export interface CitationScores {
  turns: readonly string[];
  /** By metric label: a score per turn. */
  scores: Map<string, Float64Array>;
}

/** A turn without an answer, or whose answer cites nothing, has cited nothing. */
export function scoreCitations(
  cited: ReadonlyMap<string, Cited>,
  { qrels, turns, metrics, level }: { qrels: Qrels; turns: readonly string[]; metrics: readonly ChosenCitationMetric[]; level: number },
): CitationScores {
  const judged = turns.map((turn) => {
    const { passages = new Set<string>(), beyond = 0 } = cited.get(turn) ?? {};
    const relevant = [...(qrels.get(turn) ?? [])].filter(([, grade]) => grade >= level);
    const right = relevant.filter(([id]) => passages.has(id)).length;
    return { cited: passages.size + beyond, right, relevant: relevant.length };
  });
  const scores = metrics.map(({ metric, label }): [string, Float64Array] => [label, Float64Array.from(judged, (one) => metric.score(one))]);
  return { turns, scores: new Map(scores) };
}

/** How many answers of each system cite at all, and what became of the markers; nothing where none does. */
export function citationProtocol(systems: readonly SystemInput[], markers: EvaluateOptions["citations"]): Record<string, string> {
  const answers = systems.flatMap(({ responses }) => responses ?? []);
  const citing = answers.map((file) => citationsOf(file).size);
  if (citing.every((count) => count === 0)) return {};
  return {
    "answers that cite": citing.map((count, i) => `${count} of ${answers[i]!.responses.size}`).join(", "),
    "citation markers": markers === "strip" ? "left out before comparing" : "compared as words",
  };
}
