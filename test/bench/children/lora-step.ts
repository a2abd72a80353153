/** @file Child: timed LoRA steps as `train` builds them, all-row loss, a step per line read, `node lora-step.js WORK THREADS [recompute]`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { modelFromConfig } from "../../../src/models/loader.ts";
import type { StoredTensor } from "../../../src/models/parameters.ts";
import { type Feeds, Session } from "../../../src/onnx/session.ts";
import type { Sequence } from "../../../src/text/sequences.ts";
import { passFeeds, responseFeeds } from "../../../src/train/step-feeds.ts";
import { AdamW } from "../../../src/train/optimizer.ts";
import { buildStep } from "../../../src/train/step-graph.ts";
import { Stepper } from "../../../src/train/stepper.ts";
import { WholePool } from "../../../src/train/whole-pool.ts";
import { loraScale, readAdapter } from "../../../src/weights/adapter.ts";
import { openCheckpoint } from "../../../src/weights/checkpoint.ts";
import { serve } from "./serve.ts";

const BLOCKS = 4;
const [work = "", threads = "2", how] = process.argv.slice(2);
const checkpoint = await openCheckpoint(join(work, "model"));
const adapter = await readAdapter(join(work, "adapter"));
const batch = JSON.parse(readFileSync(join(work, "batch.json"), "utf8")) as number[][];

const step = buildStep(await modelFromConfig(checkpoint.config, work), (name) => checkpoint.tensor(name) as StoredTensor, {
  objective: { retrieval_weight: 0, gen_weight: 1, alpha: 0, gen_rag_weight: 0, temperature: 1, normalize: true, session_mask: false },
  max_positions: batch[0]!.length,
  row_blocks: BLOCKS,
  gradient_checkpointing: how === "recompute",
  lora: { r: adapter.config.r, scale: loraScale(adapter.config), target_modules: adapter.config.target_modules },
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

const session = await Session.create(step.graph, { device: "cpu", threads: Number(threads), optimize: false });
const parameters = new Map([...step.trained.keys()].map((name) => [name, adapter.readFloat32(`base_model.model.${name}`)]));
const adam = new AdamW(parameters, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0 });
const stepper = new Stepper(new WholePool<Feeds>({ step, session, parameters, feedsOf: (given) => given }), parameters);
await serve(async () => {
  const { losses } = await stepper.update([feeds], adam, { learning_rate: 1e-4, max_grad_norm: 0 });
  return { loss: losses.L };
});
