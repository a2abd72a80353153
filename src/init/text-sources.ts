/** @file The texts a tokenizer learns from: prepared folders, their JSONL files alone, or plain text. */
import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { Passage, TrainSample } from "../schema/records.ts";
import { passageText } from "../text/rag-prompt.ts";
import { openArtifact } from "../util/artifact.ts";
import { DataError, UsageError } from "../util/errors.ts";
import { readJsonl } from "../util/jsonl.ts";
import { readLineBatches } from "../util/lines.ts";

const TRAINING_FILES = ["passages.jsonl", "train.jsonl"];

/** The files behind --input and --text. Turns of dev and test are in none of them. */
export async function textFiles({ input, text }: { input: readonly string[]; text: readonly string[] }): Promise<string[]> {
  const files: string[] = [];
  for (const dir of input) {
    const prepared = await openArtifact(dir, "prepared");
    const present = TRAINING_FILES.filter((name) => prepared.has(name));
    if (present.length === 0)
      throw new DataError(`has neither ${TRAINING_FILES.join(" nor ")}: no text to learn a tokenizer from`, { file: dir });
    files.push(...present.map((name) => prepared.path(name)));
  }
  files.push(...text);
  if (files.length === 0) throw new UsageError("no text to learn a tokenizer from: give --input PREPARED or --text FILE");
  return files;
}

/** Every text once: passages by id, a sample's question and responses. A line of plain text keeps its line break, as in Python's trainer. */
export async function* textsOf(files: readonly string[]): AsyncGenerator<string> {
  const seen = new Set<string>();
  for (const file of files) {
    if (!/\.jsonl(\.gz)?$/.test(file)) {
      yield* plainTexts(file);
      continue;
    }
    for await (const record of readJsonl(file, z.union([Passage, TrainSample]))) {
      const passages = "positives" in record ? record.positives : [record];
      for (const passage of passages) {
        if (seen.has(passage.id)) continue;
        seen.add(passage.id);
        yield passageText(passage);
      }
      if ("question" in record) {
        yield record.question;
        for (const { text } of record.responses) yield text;
      }
    }
  }
}

async function* plainTexts(file: string): AsyncGenerator<string> {
  for await (const batch of readLineBatches(file)) {
    for (const { bytes, ended, line } of batch) {
      if (!isUtf8(bytes)) throw new DataError("not UTF-8 text", { file, line });
      const text = bytes.toString("utf8");
      yield ended ? `${text}\n` : text;
    }
  }
}
