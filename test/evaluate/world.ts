/** @file A small prepared folder with runs and answers, and `evaluate` over them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluate, type EvaluateResult } from "../../src/evaluate/evaluate.ts";
import { EvaluateOptions } from "../../src/schema/options/evaluate.ts";
import type { Turn } from "../../src/schema/records.ts";
import { type ArtifactSpec, writeArtifact } from "../../src/util/artifact.ts";
import { JsonlWriter } from "../../src/util/jsonl.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { RunWriter } from "../../src/util/run-file.ts";

export const root = mkdtempSync(join(tmpdir(), "uniconv-evaluate-"));
let made = 0;

async function artifact(
  kind: ArtifactSpec["kind"],
  produce: (dir: string) => Promise<void>,
  partial = false,
  options: Record<string, unknown> = {},
): Promise<string> {
  const output = join(root, `${kind}${made++}`);
  await writeArtifact(
    { output, kind, command: "test", options, seed: 0, inputs: [], partial, resume: false, overwrite: false },
    ({ dir }) => produce(dir),
  );
  return output;
}

async function jsonl(path: string, records: Iterable<unknown>): Promise<void> {
  const writer = JsonlWriter.create(path);
  for (const record of records) writer.write(record);
  await writer.close();
}

export const turn = (id: string, split: Turn["split"], responses: string[]): Turn => ({
  id,
  conversation: "c",
  turn: 1,
  split,
  history: [],
  question: "?",
  responses,
  tags: {},
});

export const prepared = (
  parts: { qrels?: string; passages?: boolean; partial?: boolean; turns?: Turn[]; options?: Record<string, unknown> } = {},
) =>
  artifact(
    "prepared",
    async (dir) => {
      await jsonl(
        join(dir, "turns.jsonl"),
        parts.turns ?? [
          turn("a", "test", ["a cat", "the dog"]),
          turn("b", "test", ["two birds"]),
          turn("c", "test", []),
          turn("d", "train", ["x"]),
        ],
      );
      writeFileSync(join(dir, "qrels.tsv"), parts.qrels ?? "a\t0\tp1\t1\nb\t0\tp2\t1\nb\t0\tp3\t1\nd\t0\tp1\t1\n");
      if (parts.qrels === "") rmSync(join(dir, "qrels.tsv"));
      if (parts.passages !== false)
        await jsonl(join(dir, "passages.jsonl"), [
          { id: "p1", title: "Pets", text: `a cat ${"word ".repeat(40)}` },
          { id: "p2", title: "Birds", text: "two birds" },
          { id: "p9", title: "", text: "nothing" },
        ]);
    },
    parts.partial,
    parts.options,
  );

export const run = (rankings: Record<string, string[]>, partial = false) =>
  artifact(
    "run",
    async (dir) => {
      const writer = new RunWriter(dir, "t");
      for (const [id, passages] of Object.entries(rankings))
        writer.write(
          id,
          passages.map((passage, i) => ({ id: passage, score: 1 / (i + 1) })),
        );
      await writer.close();
    },
    partial,
  );

export const responses = (answers: Record<string, string>, partial = false, passages: string[] = []) =>
  artifact(
    "responses",
    (dir) =>
      jsonl(
        join(dir, "responses.jsonl"),
        Object.entries(answers).map(([id, response]) => ({
          turn: id,
          response,
          mode: "rag",
          passages,
          prompt_tokens: 1,
          new_tokens: 1,
          finish: "eos",
        })),
      ),
    partial,
  );

export async function check(options: Record<string, unknown>): Promise<EvaluateResult & { said: string[] }> {
  const said: string[] = [];
  const reporter = {
    ...silentReporter,
    warn: (message: string) => said.push(`warn: ${message}`),
    info: (message: string) => said.push(`info: ${message}`),
  };
  const result = await evaluate(EvaluateOptions.parse(options), { reporter, signal: new AbortController().signal });
  return { ...result, said };
}

export function cell(result: EvaluateResult, system: string, metric: string) {
  return result.evaluation.systems.find(({ name }) => name === system)?.cells.find((one) => one.metric === metric);
}
