/** @file The shipped samples of the five conversational datasets pass all six stages, by the command line alone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { datasetFolder, loadReader } from "../../datasets/registry.ts";
import { MetricsFile } from "../../src/schema/metrics-file.ts";
import { Manifest } from "../../src/schema/manifest.ts";
import { PreparedStats } from "../../src/schema/prepared-stats.ts";
import { ResponseLine, RunLine, Turn } from "../../src/schema/records.ts";
import { tempDir } from "../helpers/temp.ts";
import { runCli } from "./run-cli.ts";

interface Sample {
  dataset: string;
  /** Dealt out by conversation, with a seed that puts turns without gold into test. */
  deal: string;
  seed: number;
  expected: { testTurns: number; judged: number; referenced: number; passages: number; trained: number };
}

const samples: Sample[] = [
  {
    dataset: "topiocqa",
    deal: "train=1,test=1",
    seed: 0,
    expected: { testTurns: 5, judged: 5, referenced: 5, passages: 5, trained: 2 },
  },
  {
    dataset: "qrecc",
    deal: "train=1,test=2",
    seed: 2,
    expected: { testTurns: 6, judged: 4, referenced: 5, passages: 6, trained: 3 },
  },
  {
    dataset: "or-quac",
    deal: "train=1,test=1",
    seed: 0,
    expected: { testTurns: 5, judged: 5, referenced: 5, passages: 6, trained: 3 },
  },
  {
    dataset: "inscit",
    deal: "train=1,test=1",
    seed: 0,
    expected: { testTurns: 4, judged: 3, referenced: 4, passages: 5, trained: 2 },
  },
  {
    dataset: "faithdial",
    deal: "train=1,test=1",
    seed: 0,
    expected: { testTurns: 3, judged: 0, referenced: 3, passages: 5, trained: 2 },
  },
];

const TINY = ["--hidden-size", "16", "--num-hidden-layers", "1", "--num-attention-heads", "2", "--intermediate-size", "24"];
const TRAINING = ["--tuning", "full", "--max-steps", "2", "--batch-size", "2", "--learning-rate", "1e-3", "--warmup-steps", "0"];
const METRICS = ["nDCG@3", "R@100", "RR", "F1", "Evidence-F1", "Knowledge-F1"];

const root = tempDir();
const at = (...parts: string[]): string => join(root, ...parts);

/** Fails with the words of the command. */
async function uniconv(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args);
  expect(code, `uniconv ${args.join(" ")}\n${stderr}`).toBe(0);
  return stdout;
}

const lines = (file: string): unknown[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
const manifest = (folder: string): Manifest => Manifest.parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));

async function prepared({ dataset, deal, seed }: Sample): Promise<string> {
  const { sample } = await loadReader(dataset);
  const files = (option: string, paths: readonly string[] = []) => paths.flatMap((path) => [option, join(datasetFolder(dataset), path)]);
  const given = [
    ...files("--input", sample.input),
    ...files("--collection", sample.collection),
    ...files("--qrels", sample.qrels),
    "--split-conversations",
    deal,
    "--seed",
    String(seed),
  ];
  return await uniconv("prepare-data", "--dataset", dataset, ...given, "--output", at(dataset, "prepared"));
}

/** Every stage after prepare-data, each from the one before. */
async function stages(dataset: string, passages: string): Promise<void> {
  const folder = (name: string): string => at(dataset, name);
  const threads = ["--threads", "1"];
  const turns = ["--input", folder("prepared")];
  const model = ["--model", folder("model"), ...threads];
  await uniconv("train", ...turns, "--model", at("base"), ...TRAINING, ...threads, "--output", folder("model"));
  await uniconv("build-index", "--input", passages, ...model, "--output", folder("index"));
  await uniconv("retrieve", ...turns, ...model, "--index", folder("index"), "--output", folder("run"));
  const texts = passages === folder("prepared") ? [] : ["--passages", passages];
  const answering = [...turns, ...texts, ...model, "--run", folder("run"), "--max-new-tokens", "4"];
  await uniconv("generate", ...answering, "--output", folder("responses"));
  const scored = [...turns, ...texts, "--run", folder("run"), "--responses", folder("responses")];
  const metrics = METRICS.flatMap((metric) => ["--metric", metric]);
  await uniconv("evaluate", ...scored, ...metrics, "--bootstrap", "0", "--by", "turn", "--output", folder("scores"));
}

beforeAll(async () => {
  const [topiocqa] = samples;
  await prepared(topiocqa!);
  await uniconv("init-model", "--input", at("topiocqa", "prepared"), ...TINY, "--vocab-size", "300", "--output", at("base"));
});

describe.concurrent("six stages pass the sample", { timeout: 120_000 }, () => {
  test.for(samples)("of $dataset", async (sample, { expect }) => {
    const { dataset, expected } = sample;
    // FaithDial has no passages: its turns run against the index of another dataset.
    const passages = at(dataset === "faithdial" ? "topiocqa" : dataset, "prepared");
    if (dataset !== "topiocqa") await prepared(sample);
    await stages(dataset, passages);

    const { stats } = manifest(at(dataset, "prepared"));
    expect(stats).toMatchObject({ samples: { kept: expected.trained } });
    // What the first stage says of the turns is what the last one scores.
    const { judged, referenced, turns: asking } = PreparedStats.parse(stats).splits.test!;
    expect([asking, judged, referenced]).toEqual([expected.testTurns, expected.judged, expected.referenced]);
    const turns = lines(at(dataset, "prepared/turns.jsonl")).map((line) => Turn.parse(line));
    const asked = turns.filter(({ split }) => split === "test").map(({ id }) => id);
    const run = lines(at(dataset, "run/run.jsonl")).map((line) => RunLine.parse(line));
    const responses = lines(at(dataset, "responses/responses.jsonl")).map((line) => ResponseLine.parse(line));
    expect(run.map(({ turn }) => turn)).toEqual(asked);
    expect(responses.map(({ turn }) => turn)).toEqual(asked);
    // The collection is smaller than the ranking: every passage stands in every one, and each answer was shown all of them.
    for (const one of [...run, ...responses]) expect(new Set(one.passages.map((passage) => idOf(passage))).size).toBe(expected.passages);
    expect(lines(at(dataset, "model/metrics.jsonl"))).not.toHaveLength(0);
    expect(manifest(at(dataset, "model")).stats).toMatchObject({ updates: 2 });

    const { results, missing, "n-samples": counts } = metricsOf(dataset);
    const [scores, n] = [results["run"]!, counts["run"]!];
    for (const metric of METRICS)
      if (scores[metric] !== null && scores[metric] !== undefined)
        expect(scores[metric]).toSatisfy((value: number) => value >= 0 && value <= 1);
    expect(n["F1"]).toBe(expected.referenced);
    expect(scores["Knowledge-F1"]).toBeTypeOf("number");
    if (expected.judged === 0) {
      expect([scores["nDCG@3"], missing["run"]!["nDCG@3"]]).toEqual([null, "no passages are judged"]);
      expect(n["Evidence-F1"]).toBe(expected.testTurns);
    } else {
      expect(n["nDCG@3"]).toBe(expected.judged);
      // Everything is found in the end, and reciprocal ranks of at most six passages are no less than a sixth.
      expect(scores["R@100"]).toBe(1);
      expect(scores["RR"]).toBeGreaterThanOrEqual(1 / expected.passages);
    }
    expect(chain(dataset, passages)).toEqual([]);
  });
});

const idOf = (passage: string | { id: string }): string => (typeof passage === "string" ? passage : passage.id);
const metricsOf = (dataset: string): MetricsFile => MetricsFile.parse(JSON.parse(readFileSync(at(dataset, "scores/metrics.json"), "utf8")));

/** Each manifest names the very bytes that the manifest before it sealed; where one does not, what is missing. */
function chain(dataset: string, passages: string): string[] {
  const folders: Record<string, string> = { base: at("base"), passages };
  for (const name of ["prepared", "model", "index", "run", "responses", "scores"]) folders[name] = at(dataset, name);
  const edges: [from: string, file: string, to: string][] = [
    ["prepared", "train.jsonl", "model"],
    ["passages", "passages.jsonl", "index"],
    ["prepared", "turns.jsonl", "run"],
    ["index", "vectors/00000.f32", "run"],
    ["prepared", "turns.jsonl", "responses"],
    ["passages", "passages.jsonl", "responses"],
    ["run", "run.trec", "responses"],
    ["run", "run.trec", "scores"],
    ["responses", "responses.jsonl", "scores"],
    ["prepared", "turns.jsonl", "scores"],
    ["passages", "passages.jsonl", "scores"],
  ];
  const broken = edges.flatMap(([from, file, to]) => {
    const made = manifest(folders[from]!).files.find(({ path }) => path === file);
    const read = manifest(folders[to]!).inputs.some(({ sha256 }) => sha256 === made?.sha256);
    return made !== undefined && read ? [] : [`${to} does not read ${from}/${file}`];
  });
  const models = ["index", "run", "responses"].map((name) => manifest(folders[name]!).model?.fingerprint);
  return new Set(models).size === 1 && models[0] !== undefined ? broken : [...broken, `fingerprints ${models.join(", ")}`];
}
