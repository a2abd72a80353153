/** @file `--by` on each dataset that says more of its turns than their number: the groups, and how many judged turns each has. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { needs } from "../helpers/shared-data.ts";
import { prepare, sample } from "../prepare/prepared.ts";
import { preparedQrecc } from "../prepare/qrecc-ids.ts";
import { check, root } from "./world.ts";

afterAll(() => rmSync(root, { recursive: true }));

/** The turns behind each group's score, for a run that ranks one passage for every judged turn. */
async function sizes({ output, qrels }: { output: string; qrels: readonly string[][] }, by: string[]): Promise<Record<string, number>[]> {
  const path = join(root, "run.trec");
  const turns = new Set(qrels.map(([turn]) => turn!));
  writeFileSync(path, [...turns].map((turn) => `${turn}\tQ0\tp\t1\t1\tt\n`).join(""));
  const { evaluation } = await check({ input: output, run: [path], metric: ["RR"], by, bootstrap: 0 });
  return evaluation.breakdowns.map(({ groups }) => Object.fromEntries(groups.map(({ group, cells }) => [group, cells[0]!.n])));
}

const qrels = needs("qrecc", "infocqr", "qrels_test.txt.gz");
const types = needs("qrecc", "infocqr", "test_question_types.json");

describe.skipIf(qrels.absent || types.absent)(qrels.title("QReCC test"), () => {
  it("has the published sizes by source, and by question type as the published file groups it", async () => {
    const groups = JSON.parse(readFileSync(types.path, "utf8")) as Record<string, string[]>;
    const sources = new Map(["trec", "quac", "nq"].flatMap((source) => groups[source]!.map((id) => [id, source] as const)));
    const [bySource, byType] = await sizes(await preparedQrecc(qrels.path, sources), ["source", types.path]);
    expect(bySource).toEqual({ nq: 1442, quac: 6396, trec: 371 });
    expect(byType).toEqual({ first: 267, "no-switch": 279, switch: 573, nq: 1442, quac: 6396, trec: 371 });
  });
});

const inscit = needs("inscit", "dev.json");

describe.skipIf(inscit.absent)(inscit.title("INSCIT dev"), () => {
  it("groups its judged turns by the types of all responses, whichever label came first, and by number", async () => {
    const [byResponse, byTurn] = await sizes(await prepare({ dataset: "inscit", input: [inscit.path] }), ["response_type", "turn"]);
    const total = (groups: Record<string, number>): number => Object.values(groups).reduce((sum, n) => sum + n, 0);
    expect([total(byResponse!), total(byTurn!)]).toEqual([485, 485]);
    // The 17 turns without evidence are those whose every label says that there is nothing to say.
    expect(byResponse).toEqual({
      clarification: 48,
      "clarification+directAnswer": 40,
      "clarification+noAnswerButRelevantInfo": 4,
      directAnswer: 304,
      "directAnswer+noAnswerButRelevantInfo": 33,
      noAnswerButRelevantInfo: 56,
    });
  });
});

describe("the samples", () => {
  const cases: { dataset: string; input: string; qrels?: string; by: string; expected: Record<string, number> }[] = [
    { dataset: "topiocqa", input: "final_dev.json", by: "topic_shift", expected: { continue: 4, first: 2, switch: 1 } },
    { dataset: "qrecc", input: "scai_test.json", by: "source", expected: { nq: 3, quac: 3, trec: 1 } },
    { dataset: "or-quac", input: "test.txt", qrels: "qrels.txt", by: "turn", expected: { 1: 2, 2: 2, 3: 2, 4: 1, 5: 1 } },
    { dataset: "inscit", input: "dev.json", by: "history", expected: { 0: 2, 1: 2, 2: 1 } },
  ];
  it.each(cases)("of $dataset is grouped by $by", async ({ dataset, input, qrels: judged, by, expected }) => {
    const given = { input: [sample(dataset, input)], ...(judged === undefined ? {} : { qrels: [sample(dataset, judged)] }) };
    const [found] = await sizes(await prepare({ dataset, split: "test", ...given }), [by]);
    expect(found).toEqual(expected);
  });

  it("of FaithDial is grouped by what its annotators said of each answer", async () => {
    const { turns } = await prepare({ dataset: "faithdial", input: [sample("faithdial", "test.json")] });
    expect(turns.map(({ tags }) => [tags["begin"], tags["vrm"]])).toEqual([
      ["entailment", "disclosure"],
      ["entailment+hallucination", "disclosure"],
      ["entailment", "disclosure"],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });
});
