/** @file What every folder of datasets/ must hold, so that adding one is a safe one-folder change. */
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { datasetFolder, datasetNames, loadReader } from "../../datasets/registry.ts";
import type { DatasetEvent, DatasetInput, DatasetReader } from "../../datasets/types.ts";
import { tempDir } from "../helpers/temp.ts";
import { text as help } from "../../src/cli/topics/datasets.ts";
import { Id, Passage, TrainSample, Turn } from "../../src/schema/records.ts";

const names = datasetNames();

test("the folders are found", () => {
  expect(names).toEqual(expect.arrayContaining(["inscit", "inverse-cloze", "quickstart", "topiocqa"]));
});

test("the lines that `uniconv help datasets` shows of one's own data are read", async () => {
  const [turn, passage] = (await help()).match(/^ {4}\{.*\}$/gm)!;
  const dir = tempDir();
  const [turns, passages] = [join(dir, "turns.test.jsonl"), join(dir, "passages.jsonl")];
  writeFileSync(turns, turn);
  writeFileSync(passages, passage!);
  const events = [];
  const input = { input: [turns], collection: [passages], qrels: [], samplesPerPassage: 1, seed: 0 };
  for await (const batch of (await loadReader("jsonl")).read(input)) events.push(...batch);
  expect(events.map(({ kind }) => kind)).toEqual(["turn", "judgement", "passage"]);
});

describe.each(names)("datasets/%s", (name) => {
  test("exports a whole reader", async () => {
    const reader: Partial<DatasetReader> = await loadReader(name);
    expect(reader.summary, "summary: one line for the help").toMatch(/^\S.{10,150}$/);
    expect(Array.isArray(reader.options), "options: the names of the options it reads").toBe(true);
    expect(reader.sample?.input.length, "sample.input: at least one path").toBeGreaterThan(0);
    expect(reader.read, "read: an async generator of events").toBeTypeOf("function");
  });

  test("is listed by `uniconv help datasets`", async () => {
    expect(await help()).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
  });

  test("has a card that says source, licence, how to get it, format and split sizes", () => {
    const file = join(datasetFolder(name), "CARD.md");
    expect(existsSync(file), "CARD.md").toBe(true);
    const card = readFileSync(file, "utf8");
    for (const field of ["**Source**", "**Licence**", "**Format**"]) expect(card, field).toContain(field);
    expect(card, "a table of the splits").toMatch(/^\|.*\|$/m);
  });

  test("ships a small sample", async () => {
    const { sample, shipped } = await loadReader(name);
    const paths = [...sample.input, ...(sample.collection ?? []), ...(sample.qrels ?? [])];
    const size = paths.reduce((sum, path) => sum + sizeOf(join(datasetFolder(name), path)), 0);
    expect(size).toBeGreaterThan(0);
    expect(size, "bytes of the sample").toBeLessThanOrEqual(shipped === undefined ? 50_000 : 500_000);
  });

  test("reads its sample as events that fit the schemas, each judgement after its turn", async () => {
    const reader = await loadReader(name);
    const turns = new Set<string>();
    let useful = 0;
    for await (const batch of reader.read(sampleInput(name, reader))) {
      for (const event of batch) {
        checkEvent(event, turns);
        if (event.kind === "turn" || event.kind === "sample") useful++;
      }
    }
    expect(useful, "turns or samples").toBeGreaterThan(0);
  });
});

function sampleInput(name: string, { sample }: DatasetReader): DatasetInput {
  const inFolder = (paths: readonly string[] = []) => paths.map((path) => join(datasetFolder(name), path));
  return {
    input: inFolder(sample.input),
    collection: inFolder(sample.collection),
    qrels: inFolder(sample.qrels),
    samplesPerPassage: 1,
    seed: 0,
  };
}

function checkEvent(event: DatasetEvent, turns: Set<string>): void {
  if (event.kind === "turn") {
    const { responses, training, unanswered, ...turn } = event.turn;
    if (responses.length === 0) expect(unanswered).not.toBe("");
    const id = `${turn.conversation}_${turn.turn}`;
    turns.add(id);
    Turn.parse({ split: "test", ...turn, id, responses: responses.map(({ text }) => text) });
    if (training !== undefined)
      TrainSample.parse({ id, source: "x", ...training, history: turn.history, question: turn.question, negatives: [], responses });
  } else if (event.kind === "passage") {
    Passage.parse(event.passage);
  } else if (event.kind === "sample") {
    TrainSample.parse(event.sample);
  } else if (event.kind === "judgement") {
    expect(turns.has(event.turn), `the judged turn ${event.turn} came before`).toBe(true);
    Id.parse(event.passage);
    expect(Number.isInteger(event.relevance)).toBe(true);
  } else if (event.kind === "unjudged") {
    expect(event.reason).not.toBe("");
  } else if (event.kind === "renamed") {
    expect(event.turns).toBeGreaterThan(0);
  } else {
    expect(event.kind === "excluded" ? event.reason : event.text).not.toBe("");
  }
}

function sizeOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, entry) => sum + sizeOf(join(path, entry)), 0);
}
