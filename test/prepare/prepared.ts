/** @file Prepares into a fresh folder and reads the result back through the schemas. */
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { z } from "zod";
import { datasetFolder } from "../../datasets/registry.ts";
import { prepareData } from "../../src/prepare/prepare-data.ts";
import { PrepareDataOptions } from "../../src/schema/options/prepare-data.ts";
import { Manifest } from "../../src/schema/manifest.ts";
import { Passage, TrainSample, Turn } from "../../src/schema/records.ts";

export const freshFolder = (): string => mkdtempSync(join(tmpdir(), "uniconv-prepare-"));
export const sample = (dataset: string, file: string): string => join(datasetFolder(dataset), "sample", file);

export async function prepare(
  options: Partial<z.input<typeof PrepareDataOptions>> & { dataset: string },
  signal: AbortSignal = new AbortController().signal,
) {
  const output = options.output ?? join(freshFolder(), "prepared");
  const messages: string[] = [];
  const reporter = { info: (message: string) => messages.push(message), warn: (message: string) => messages.push(message), progress() {} };
  const { status, stats } = await prepareData(PrepareDataOptions.parse({ ...options, output }), { reporter, signal });
  return { output, status, stats, messages, ...readPrepared(output) };
}

/** A file that is absent has no rows: that is how the artifact says so. */
function readPrepared(dir: string) {
  const text = (name: string): string => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), "utf8") : "");
  const lines = (name: string): string[] => text(name).split("\n").slice(0, -1);
  const records = <T>(name: string, schema: z.ZodType<T>): T[] => lines(name).map((line) => schema.parse(JSON.parse(line)));
  return {
    turns: records("turns.jsonl", Turn),
    passages: records("passages.jsonl", Passage),
    train: records("train.jsonl", TrainSample),
    qrels: lines("qrels.tsv").map((line) => line.split("\t")),
    manifest: Manifest.parse(JSON.parse(text("manifest.json"))),
    bytes: ["turns.jsonl", "passages.jsonl", "train.jsonl", "qrels.tsv"].map(text),
  };
}
