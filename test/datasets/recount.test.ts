/**
 * @file Every record of the real files against a recount by other hands: test/golden/generate/recount.py reads them with plain json and csv,
 * and test/golden/recount.json holds its counts and a digest per field.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { Exchange, Passage, TrainSample, Turn } from "../../src/schema/records.ts";
import { readQrels } from "../../src/util/qrels.ts";
import { compareBytes } from "../../src/util/sort.ts";
import { needs } from "../helpers/shared-data.ts";
import { freshFolder, prepare } from "../prepare/prepared.ts";

interface Case {
  counts: Record<string, number | Record<string, number>>;
  digests: Record<string, string>;
}
interface Judged {
  judgements: number;
  turns: number;
  grades: number[];
  digest: string;
}
const golden = JSON.parse(readFileSync(resolve(import.meta.dirname, "../golden/recount.json"), "utf8")) as {
  cases: Record<string, Case>;
  judgements: Record<string, Judged>;
};

type Options = Parameters<typeof prepare>[0];
const data = (path: string) => needs(...path.split("/"));
const topiocqa = (split: string) => (): Options => {
  const folder = freshFolder();
  const name = `topiocqa_${split}.json`;
  execFileSync("unzip", ["-q", data("topiocqa/topiocqa.zip").path, name, "-d", folder]);
  return { dataset: "topiocqa", input: [join(folder, name)] };
};
const from =
  (dataset: string, input: string, more: Partial<Options> = {}) =>
  (): Options => ({
    dataset,
    input: [data(input).path],
    ...more,
  });

/** The file that has to be there, and how it is prepared. */
const cases: Record<string, [string, () => Options]> = {
  "topiocqa-dev": ["topiocqa/topiocqa.zip", topiocqa("dev")],
  "topiocqa-train": ["topiocqa/topiocqa.zip", topiocqa("train")],
  "topiocqa-renumbered": [
    "topiocqa/qrels_retpo/dev_gold.trec",
    from("topiocqa", "topiocqa/topiocqa_dev_renumbered.json.gz", { qrels: [data("topiocqa/qrels_retpo/dev_gold.trec").path] }),
  ],
  "qrecc-infocqr": ["qrecc/infocqr/dev-sampled2k-modified.json", from("qrecc", "qrecc/infocqr/dev-sampled2k-modified.json")],
  "or-quac-canard": ["canard/dev.json", from("or-quac", "canard/dev.json")],
  inscit: ["inscit/dev.json", from("inscit", "inscit/dev.json", { split: "train" })],
  "faithdial-audit": ["faithdial/wow.csv", from("faithdial", "faithdial/wow.csv", { split: "test" })],
  "msmarco-passage": [
    "msmarco_passage/ms_marco_passage_sample.tsv",
    from("msmarco-passage", "msmarco_passage/topics.msmarco-passage.dev-subset.txt.gz", {
      qrels: [data("msmarco_passage/qrels.msmarco-passage.dev-subset.txt.gz").path],
      collection: [data("msmarco_passage/ms_marco_passage_sample.tsv").path],
    }),
  ],
};

test("the recount and this test speak of the same files", () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(golden.cases).sort());
});

describe.each(Object.entries(cases))("%s", (name, [file, options]) => {
  const real = data(file);
  test.skipIf(real.absent)(real.title("is prepared as it was recounted, field by field"), async () => {
    const { counts, digests } = golden.cases[name]!;
    const prepared = await prepare(options());
    expect(countsOf(prepared, counts)).toEqual(counts);
    expect(digestsOf(prepared, digests)).toEqual(digests);
  });
});

describe.each(Object.entries(golden.judgements))("%s", (name, counted) => {
  const real = data(name);
  test.skipIf(real.absent)(real.title("holds the judgements that were recounted"), async () => {
    const rows = [...(await readQrels(real.path))].flatMap(([turn, grades]) =>
      [...grades].map(([passage, grade]) => [turn, passage, grade] as const),
    );
    expect({
      judgements: rows.length,
      turns: new Set(rows.map(([turn]) => turn)).size,
      grades: [...new Set(rows.map(([, , grade]) => grade))].sort((a, b) => a - b),
      digest: digest(sortedLines(rows)),
    }).toEqual(counted);
  });
});

type Prepared = Awaited<ReturnType<typeof prepare>>;

function countsOf({ turns, qrels, passages, train, stats }: Prepared, asked: Case["counts"]): Case["counts"] {
  const history = turns.flatMap((turn) => turn.history);
  const all: Case["counts"] = {
    conversations: new Set(turns.map(({ conversation }) => conversation)).size,
    turns: turns.length,
    judgements: qrels.length,
    turns_with_gold: stats["turns_with_gold"] as number,
    references: turns.flatMap(({ responses }) => responses).length,
    without_reference: turns.filter(({ responses }) => responses.length === 0).length,
    exchanges: history.length,
    empty_slots: history.filter(({ response }) => response === "").length,
    passages: passages.length,
    samples: train.length,
    samples_by_positive: stats["samples_by_positive"] as Record<string, number>,
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in asked));
}

function digestsOf({ turns, qrels, passages, train }: Prepared, asked: Case["digests"]): Case["digests"] {
  const field = (value: (turn: Turn) => unknown): string => digest(turns.map((turn) => JSON.stringify([turn.id, value(turn)])));
  const all: Case["digests"] = {
    conversation: field(({ conversation }) => conversation),
    turn: field(({ turn }) => turn),
    question: field(({ question }) => question),
    history: field(({ history }) => pairs(history)),
    responses: field(({ responses }) => responses),
    tags: field(({ tags }) => entries(tags)),
    evidence: field(({ evidence }) => evidence),
    qrels: digest(sortedLines(qrels.map(([turn, , passage, grade]) => [turn, passage, Number(grade)]))),
    passages: digest(passages.map((passage) => JSON.stringify(triple(passage)))),
    samples: digest(train.map((sample) => JSON.stringify(entries(plain(sample))))),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in asked));
}

const pairs = (history: readonly Exchange[]) => history.map(({ question, response }) => [question, response]);
const triple = ({ id, title, text }: Passage) => [id, title, text];
const entries = (record: object) => Object.entries(record).sort(([a], [b]) => compareBytes(a, b));
const sortedLines = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort(compareBytes);

function plain({ id, positive, history, question, positives, negatives, responses }: TrainSample) {
  return {
    id,
    positive,
    history: pairs(history),
    question,
    positives: positives.map(triple),
    negatives: negatives.map(triple),
    responses: responses.map(({ text, evidence }) => [text, evidence]),
  };
}

function digest(lines: readonly string[]): string {
  const hash = createHash("sha256");
  for (const line of lines) hash.update(`${line}\n`);
  return hash.digest("hex");
}
