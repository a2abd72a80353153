/** @file A dataset's file with two damaged records: validate tells of both, each with its place, whatever the dataset. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { datasetNames } from "../../datasets/registry.ts";
import { validate } from "../../src/pipelines/validate.ts";
import { ValidateOptions } from "../../src/schema/options/validate.ts";
import { freshFolder, sample } from "../prepare/prepared.ts";

/** The first and the last match of a pattern are replaced. */
const damages: [dataset: string, file: string, pattern: RegExp, replacement: string][] = [
  ["topiocqa", "final_dev.json", /"Turn_no": \d+/g, '"Turn_no": "x"'],
  ["topiocqa", "retriever_dev.json", /"turn_id": \d+/g, '"turn_id": 99'],
  ["topiocqa", "qas_dev.csv", /\['/g, "[x"],
  ["qrecc", "scai_test.json", /"Turn_no": \d+/g, '"Turn_no": 0'],
  ["inscit", "dev.json", /"response": "/g, '"respons": "'],
  ["faithdial", "test.json", /"knowledge": "/g, '"knowledg": "'],
  ["faithdial", "audit.csv", /,(?:Entailment|Generic)/g, ""],
  ["or-quac", "test.txt", /"question": ?"/g, '"questio": "'],
  ["or-quac", "canard_dev.json", /"Question_no": \d+/g, '"Question_no": 77'],
  ["msmarco-passage", "queries.dev.tsv", /\t/g, " "],
  ["msmarco-qa", "dev_v2.1.jsonl", /"answers": ?\[/g, '"answers": [1, '],
  ["nq", "nq-dev.json", /"answers": ?\[/g, '"answer": ['],
  ["nq", "topics.test.csv", /\]/g, ""],
  ["cast", "topics_test.json", /"raw_utterance"/g, '"utterance"'],
  ["ultrachat", "ultrachat.jsonl", /"data"/g, '"dat"'],
  ["trec", "topics.test.tsv", /\t/g, " "],
  ["jsonl", "turns.jsonl", /"question"/g, '"questoin"'],
];

test("every dataset of files with records of its own is damaged here", () => {
  // A folder, a single topic, passages alone, and what is shipped.
  const others = ["beir", "ikat", "inverse-cloze", "quickstart"];
  expect([...new Set(damages.map(([dataset]) => dataset)), ...others].sort()).toEqual(datasetNames().sort());
});

test.each(damages)("%s: both damaged records of %s are told", async (dataset, name, pattern, replacement) => {
  const text = readFileSync(sample(dataset, name), "utf8");
  const matches = [...text.matchAll(pattern)];
  const [first, last] = [matches[0]!, matches.at(-1)!];
  const middle = text.slice(first.index + first[0].length, last.index);
  const file = join(freshFolder(), name);
  writeFileSync(file, text.slice(0, first.index) + replacement + middle + replacement + text.slice(last.index + last[0].length));
  const options = ValidateOptions.parse({ paths: [file], dataset });
  const reporter = { info() {}, warn() {}, progress() {} };
  const { problems } = await validate(options, { reporter, signal: new AbortController().signal });
  const lines = problems.map((problem) => Number(/:(\d+): /.exec(problem.replace(file, ""))?.[1]));
  expect(problems).toHaveLength(2);
  expect(problems.every((problem) => problem.startsWith(`${file}:`) && !problem.includes("stopped"))).toBe(true);
  // A record of an array begins some lines before what is wrong in it.
  const lineOf = (index: number): number => text.slice(0, index).split("\n").length;
  expect(lines[0]).toBeLessThanOrEqual(lineOf(first.index));
  expect(lines[1]).toBeLessThanOrEqual(lineOf(last.index));
  expect(lines[1]).toBeGreaterThan(lines[0]!);
});
