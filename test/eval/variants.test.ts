/** @file Answer metrics beside the definitions of SQuAD, INSCIT, TopiOCQA, QuAC, MS MARCO and rouge_score: made-up pairs, and real ones. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Answer, AnswerOptions, F1Variant } from "../../eval/metric.ts";
import { chooseMetrics } from "../../eval/registry.ts";
import { defaultMultiReference } from "../../eval/text/f1-variants.ts";
import { squadTokens, tokenF1 } from "../../eval/text/squad.ts";
import { isAnswer } from "../../src/evaluate/scoring/score-responses.ts";
import { needs } from "../helpers/shared-data.ts";

const golden = JSON.parse(readFileSync(join(import.meta.dirname, "golden/variants.json"), "utf8")) as {
  pairs: [string, string[]][];
  scores: Record<string, number[]>;
  real: Record<string, Record<string, number> & { bleu: number[] }>;
};
const pairs = golden.pairs.map(([prediction, references]): Answer => ({ prediction, references }));

const asked = (await chooseMetrics(["F1", "EM", "ROUGE-1", "ROUGE-2", "ROUGE-L", "ROUGE-L-msmarco", "BLEU-1"])).filter(isAnswer);
const [f1, em, rouge1, rouge2, rougeL, marcoRouge, bleu] = asked.map(({ metric }) => metric);
const variant = (f1Variant: F1Variant): AnswerOptions => ({ f1Variant, multiReference: defaultMultiReference(f1Variant) });

/** Column of the golden file → our metric and its options. */
const columns = [
  ["squad", f1!, variant("squad")],
  ["inscit", f1!, variant("inscit")],
  ["topiocqa", f1!, variant("topiocqa")],
  ["topiocqa_em", em!, variant("topiocqa")],
  ["quac", f1!, variant("quac")],
  ["rouge1", rouge1!, variant("squad")],
  ["rouge2", rouge2!, variant("squad")],
  ["rougeL", rougeL!, variant("squad")],
  ["msmarco_rouge", marcoRouge!, variant("squad")],
] as const;

describe.each(columns)("%s", (column, metric, options) => {
  it(`is what its own definition makes of ${pairs.length} pairs`, () => {
    for (const [i, answer] of pairs.entries())
      expect(Math.abs(metric.score(answer, Infinity, options) - golden.scores[column]![i]!), JSON.stringify(answer)).toBeLessThan(1e-12);
  });

  it("is not all zeros and ones there", () => {
    expect(new Set(golden.scores[column]).size).toBeGreaterThan(column === "topiocqa_em" ? 4 : 30);
  });
});

describe("F1's variants", () => {
  it("differ from each other on those pairs", () => {
    const names = ["squad", "inscit", "topiocqa", "quac"].map((name) => JSON.stringify(golden.scores[name]));
    expect(new Set(names).size).toBe(4);
  });

  it("are SQuAD 2.0's but where a reference that says nothing stands beside others: SQuAD 2.0 drops it, the best reference may be it", () => {
    for (const [i, { references }] of pairs.entries()) {
      const said = references.filter((reference) => squadTokens(reference).length > 0);
      if (said.length === 0 || said.length === references.length) expect(golden.scores["squad"]![i]).toBe(golden.scores["squad_v2"]![i]);
      else expect(golden.scores["squad"]![i]).toBeGreaterThanOrEqual(golden.scores["squad_v2"]![i]!);
    }
  });

  it("are SQuAD 1.1's where two texts without a token agree on nothing", () => {
    for (const [i, { prediction, references }] of pairs.entries()) {
      const each = references.map((reference) => tokenF1(squadTokens(prediction), squadTokens(reference), 0));
      expect(Math.max(...each)).toBeCloseTo(golden.scores["squad_v1"]![i]!, 12);
    }
  });
});

it.each([1, 2, 3, 4])("BLEU-%i of all pairs together is COCO's", (order) => {
  expect(bleu!.corpus!(pairs, order)).toBeCloseTo(golden.scores["bleu"]![order - 1]!, 12);
});

const real = needs("vectors", "msmarco_qa");

describe.skipIf(real.absent)(real.title("on real answers"), () => {
  it.each(Object.keys(golden.real))("%s: every definition and ours have the same mean", (name) => {
    const means = golden.real[name]!;
    const answers = answersOf(name);
    expect(answers).toHaveLength(means["n"]!);
    for (const [column, metric, options] of columns) {
      const sum = answers.reduce((total, answer) => total + metric.score(answer, Infinity, options), 0);
      expect(Math.abs(sum / answers.length - means[column]!), column).toBeLessThan(1e-12);
    }
    for (const [i, expected] of means.bleu.entries())
      expect(Math.abs(bleu!.corpus!(answers, i + 1) - expected), `BLEU-${i + 1}`).toBeLessThan(1e-12);
  });

  it("MS MARCO's published BLEU-1 to 4 and ROUGE-L come out within 0.0005", () => {
    const marco = marcoAnswers();
    for (const [i, published] of [0.17634, 0.11419, 0.08906, 0.07623].entries())
      expect(Math.abs(bleu!.corpus!(marco, i + 1) - published), `BLEU-${i + 1}`).toBeLessThan(0.0005);
    const sum = marco.reduce((total, answer) => total + marcoRouge!.score(answer, Infinity, variant("squad")), 0);
    expect(Math.abs(sum / marco.length - 0.12077)).toBeLessThan(0.0005);
  });
});

function json<T>(...parts: string[]): T {
  return JSON.parse(readFileSync(needs(...parts).path, "utf8")) as T;
}

function answersOf(name: string): Answer[] {
  if (name === "msmarco") return marcoAnswers();
  if (name === "canard")
    return json<{ Question: string; Rewrite: string }[]>("canard", "dev.json").map(({ Question, Rewrite }) => ({
      prediction: Question,
      references: [Rewrite],
    }));
  const turns = inscitTurns();
  const [, system] = name.split("/");
  // People against each other: the first label of a turn against its others.
  if (system === undefined)
    return [...turns.values()].filter(({ length }) => length > 1).map(([first, ...others]) => ({ prediction: first!, references: others }));
  return json<{ conv_id: string; turn_id: number; output: { response: string } }[]>("inscit", "eval_sample", `${system}.json`).map(
    ({ conv_id, turn_id, output }) => ({ prediction: output.response, references: turns.get(`${conv_id} ${turn_id}`)! }),
  );
}

/** The first sentences of MS MARCO's development answers, against all of them. */
function marcoAnswers(): Answer[] {
  const read = (name: string): { query_id: number; answers: string[] }[] =>
    readFileSync(join(real.path, name), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { query_id: number; answers: string[] });
  const candidates = new Map(read("dev_first_sentence_as_candidates.json").map(({ query_id, answers }) => [query_id, answers[0] ?? ""]));
  return read("dev_as_references.json")
    .filter(({ answers }) => answers.length > 0 && bleu!.answerable!(answers))
    .map(({ query_id, answers }) => ({ prediction: candidates.get(query_id)!, references: answers }));
}

/** "conversation turn" → the responses of its labels. */
function inscitTurns(): Map<string, string[]> {
  const dev = json<Record<string, { turns: { labels: { response: string }[] }[] }>>("inscit", "dev.json");
  return new Map(
    Object.entries(dev).flatMap(([name, { turns }]) =>
      turns.map(({ labels }, i): [string, string[]] => [`${name} ${i + 1}`, labels.map(({ response }) => response)]),
    ),
  );
}
