/**
 * @file Child: timed training steps as `train` makes them, all-row loss, a step per line read:
 * `node train-step.js WORK THREADS [--recompute] [--rows N] [--accumulate N]`. LoRA where WORK has an adapter, else every weight.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Sequence } from "../../../src/text/sequence.ts";
import { passFeeds, responseFeeds } from "../../../src/train/step-feeds.ts";
import { serve } from "./serve.ts";
import { openStep } from "./stepper.ts";

const BLOCKS = 4;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { recompute: { type: "boolean", default: false }, rows: { type: "string" }, accumulate: { type: "string", default: "1" } },
});
const [work = "", threads = "2"] = positionals;
const written = JSON.parse(readFileSync(join(work, "batch.json"), "utf8")) as number[][];
// More rows than there are: the same again.
const batch = Array.from({ length: Number(values.rows ?? written.length) }, (_, row) => written[row % written.length]!);

const stepper = await openStep(work, {
  threads: Number(threads),
  gradient_checkpointing: values.recompute,
  row_blocks: BLOCKS,
  max_positions: batch[0]!.length,
  objective: { retrieval_weight: 0, gen_weight: 1, alpha: 0, gen_rag_weight: 0, temperature: 1, normalize: true, session_mask: false },
});
const dropped = { pairs: 0, question_tokens: 0, passages: 0, passage_tokens: 0, response_tokens: 0 };
// Every row predicts: the response is all but the first token.
const sequences = batch.map((ids): Sequence => ({
  ids: Int32Array.from(ids),
  emb: null,
  response: { start: 1, length: ids.length - 1 },
  dropped,
  passages: [],
}));
const weightOf = (i: number): number => 1 / (batch.length * (batch[i]!.length - 1));
const feeds = {
  ...passFeeds({ pass: "G", sequences, padId: 0, hole: false, padTo: 1 }),
  ...responseFeeds({ pass: "G", sequences, width: batch[0]!.length, blocks: BLOCKS, weightOf }),
};
const pools = Array.from({ length: Number(values.accumulate) }, () => feeds);
await serve(() => stepper(pools));
