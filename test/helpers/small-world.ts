/** @file A prepared folder and a tiny model with a tokenizer of its own: enough for every stage to run in a second. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { initModel } from "../../src/init/init-model.ts";
import { InitModelOptions } from "../../src/schema/options/init-model.ts";
import type { Passage, Turn } from "../../src/schema/records.ts";
import { writeArtifact } from "../../src/util/artifact.ts";
import type { Progress, Reporter, StageContext } from "../../src/util/reporter.ts";
import { compiled } from "./compiled.ts";

export interface Listener extends StageContext {
  messages: string[];
  abort(): void;
}

/** A context that keeps what it hears; `onProgress` may abort it. */
export function listen(onProgress: (progress: Progress, abort: () => void) => void = () => {}): Listener {
  const controller = new AbortController();
  const messages: string[] = [];
  const reporter: Reporter = {
    info: (message) => messages.push(message),
    warn: (message) => messages.push(message),
    progress: (progress) => onProgress(progress, () => controller.abort()),
  };
  return { reporter, signal: controller.signal, messages, abort: () => controller.abort() };
}

/** Stage tests fork the compiled engine: builds it if a source is newer. */
export const buildEngine = (): string => compiled("src/engine/child.ts");

const COLOURS = ["red", "green", "blue", "grey"];
const THINGS = ["house", "boat", "bridge", "tower", "garden"];

export function passagesOf(count: number): Passage[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `p${i}`,
    title: `Place ${i}`,
    text: `The ${COLOURS[i % 4]} ${THINGS[i % 5]} number ${i} stands near the river${" and the old mill".repeat(i % 3)}.`,
  }));
}

/** Conversations of four turns; every turn's gold is one passage. */
export function turnsOf(count: number): Turn[] {
  return Array.from({ length: count }, (_, i) => {
    const conversation = `c${Math.floor(i / 4)}`;
    const asked = (n: number) => `Where is the ${COLOURS[n % 4]} ${THINGS[n % 5]}?`;
    return {
      id: `${conversation}_${(i % 4) + 1}`,
      conversation,
      turn: (i % 4) + 1,
      split: "test",
      history: Array.from({ length: i % 4 }, (_past, at) => ({ question: asked(at), response: `Near the river, number ${at}.` })),
      question: asked(i),
      responses: ["Near the river."],
      tags: {},
    };
  });
}

export async function prepare(
  output: string,
  { passages, turns }: { passages: readonly Passage[]; turns: readonly Turn[] },
): Promise<string> {
  await writeArtifact(
    { output, kind: "prepared", command: "prepare-data", options: {}, seed: 0, inputs: [], resume: false, overwrite: false },
    async ({ dir }) => {
      const lines = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");
      writeFileSync(join(dir, "passages.jsonl"), lines(passages));
      writeFileSync(join(dir, "turns.jsonl"), lines(turns));
      writeFileSync(join(dir, "qrels.tsv"), turns.map(({ id }, i) => `${id}\t0\tp${i % passages.length}\t1\n`).join(""));
    },
  );
  return output;
}

export async function tinyModel(
  output: string,
  { text, seed = 0, sizes = {} }: { text: string; seed?: number; sizes?: object },
): Promise<string> {
  const options = InitModelOptions.parse({
    text: [text],
    output,
    seed,
    vocab_size: 300,
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 24,
    max_position_embeddings: 256,
    initializer_range: 0.3,
    init: "hf",
    ...sizes,
  });
  await initModel(options, listen());
  return output;
}
