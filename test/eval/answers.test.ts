/** @file Answer metrics beside Python's, on texts that Python and JavaScript see differently. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chooseMetrics } from "../../eval/registry.ts";
import { isAnswer } from "../../src/evaluate/score-responses.ts";
import { needs } from "../helpers/shared-data.ts";

const cases = JSON.parse(readFileSync(join(import.meta.dirname, "golden/answers.json"), "utf8")) as [
  string,
  string,
  number,
  number,
  number,
][];
const metrics = (await chooseMetrics(["F1", "EM", "ROUGE-L"])).filter(isAnswer);

describe.each(metrics.map((chosen, i) => ({ name: chosen.label, column: i + 2, ...chosen })))("$name", ({ metric, column }) => {
  it(`is Python's on ${cases.length} pairs`, () => {
    for (const row of cases) {
      const [prediction, reference] = row;
      const score = metric.score({ prediction, references: [reference] }, Infinity, { multiReference: "max" });
      expect(Math.abs(score - (row[column] as number)), JSON.stringify([prediction, reference])).toBeLessThan(1e-12);
    }
  });
  it("is not all zeros and ones there", () => {
    expect(new Set(cases.map((row) => row[column])).size).toBeGreaterThan(column === 3 ? 1 : 20);
  });
});

const marco = needs("vectors", "msmarco_qa");

// Published with spaCy's tokens: .17634 .11419 .08906 .07623, .12077. With the tokens \w+|[^\w\s] another implementation gets these:
describe.skipIf(marco.absent)(marco.title("MS MARCO's development answers, first sentences against references"), () => {
  it("give BLEU-1 to 4 and ROUGE-L within 0.0005", async () => {
    const references = readAnswers("dev_as_references.json");
    const candidates = readAnswers("dev_first_sentence_as_candidates.json");
    const answers = [...references]
      .filter(([, texts]) => texts.length > 0 && !texts.includes("No Answer Present."))
      .map(([id, texts]) => ({ prediction: candidates.get(id)?.[0] ?? "", references: texts }));
    expect(answers).toHaveLength(9754);
    const bleu = (await chooseMetrics(["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4"])).filter(isAnswer);
    for (const [i, expected] of [0.17929, 0.1164, 0.09086, 0.07771].entries())
      expect(Math.abs(bleu[i]!.metric.corpus!(answers, i + 1) - expected), `BLEU-${i + 1}`).toBeLessThan(0.0005);
    const [rouge] = (await chooseMetrics(["ROUGE-L-msmarco"])).filter(isAnswer);
    const total = answers.reduce((sum, answer) => sum + rouge!.metric.score(answer, Infinity, { multiReference: "max" }), 0);
    expect(Math.abs(total / answers.length - 0.12376)).toBeLessThan(0.0005);
  });

  function readAnswers(name: string): Map<number, string[]> {
    const lines = readFileSync(join(marco.path, name), "utf8").trim().split("\n");
    return new Map(
      lines.map((line) => JSON.parse(line) as { query_id: number; answers: string[] }).map((row) => [row.query_id, row.answers]),
    );
  }
});
