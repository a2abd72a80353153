/** @file Inverse cloze (Lee et al., ACL 2019): a span of a passage is the query, the passage its positive. Needs no labels. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Passage } from "../../src/schema/records.ts";
import { openArtifact } from "../../src/util/artifact.ts";
import { readJsonl } from "../../src/util/jsonl.ts";
import { Rng } from "../../src/util/rng.ts";
import type { DatasetEvent, DatasetInput, DatasetReader } from "../types.ts";

/** A span is as long as a question. The passage keeps it: word overlap is a signal a small model must learn to use. */
const minWords = 3;
const maxWords = 16;

async function* read({ input, samplesPerPassage, seed, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const path of input) {
    const [file] = files(path);
    // A prepared folder is opened as the artifact it is, so that its seal is checked.
    if (file !== path) (await openArtifact(path, "prepared")).path("passages.jsonl");
    for await (const passage of readJsonl(file, Passage, { warn, problem })) yield pairs({ passage, samplesPerPassage, seed, file });
  }
}

function* pairs(task: { passage: Passage; samplesPerPassage: number; seed: number; file: string }): Generator<DatasetEvent> {
  const { passage, samplesPerPassage, seed, file } = task;
  const words = passage.text.split(/\s+/).filter((word) => word !== "");
  if (words.length <= minWords) {
    yield { kind: "excluded", of: "sample", reason: `a passage of ${minWords} words or fewer has no span to draw` };
    return;
  }
  const fixed = { source: "inverse-cloze", positive: "inverse-cloze" as const, objectives: ["retrieval" as const] };
  for (let k = 1; k <= samplesPerPassage; k++) {
    // A function of the passage and not of its place: adding passages changes no other sample.
    const question = drawSpan(words, Rng.of(seed, "inverse-cloze", passage.id, k));
    const sample = { ...fixed, id: `${passage.id}#${k}`, history: [], question, positives: [passage], negatives: [], responses: [] };
    yield { kind: "sample", sample, place: { file } };
  }
}

function files(path: string): [string] {
  return [existsSync(path) && statSync(path).isDirectory() ? join(path, "passages.jsonl") : path];
}

export function drawSpan(words: readonly string[], rng: Rng): string {
  const longest = Math.min(maxWords, words.length - 1);
  const length = minWords + rng.int(longest - minWords + 1);
  const start = rng.int(words.length - length + 1);
  return words.slice(start, start + length).join(" ");
}

const reader: DatasetReader = {
  summary: "training pairs from any passages: --input PREPARED or passages.jsonl; a span of the passage finds the passage",
  options: ["samples_per_passage"],
  sample: { input: ["sample/passages.jsonl"] },
  files,
  read,
};
export default reader;
