/** @file Child: timed contrastive steps through cached representations, a step per line read: `node pool-step.js WORK THREADS POOL CHUNK`. */
import type { Sequence } from "../../../src/text/sequence.ts";
import { ChunkedPool } from "../../../src/train/chunked-pool.ts";
import { Contrast } from "../../../src/train/contrast.ts";
import { LocalChunks } from "../../../src/train/local-chunks.ts";
import type { Pool } from "../../../src/train/pool.ts";
import { buildStep } from "../../../src/train/step-graph.ts";
import { serve } from "./serve.ts";
import { openWorkload, updates } from "./stepper.ts";

const LENGTH = 24;
const [work = "", threadsText = "2", pool = "32", chunk = "32"] = process.argv.slice(2);
const threads = Number(threadsText);
const { model, lookup, lora, start } = await openWorkload(work);
const { vocab_size, hidden_size: hidden } = model.config;

const dropped = { pairs: 0, question_tokens: 0, passages: 0, passage_tokens: 0, response_tokens: 0 };
const sequences = (seed: number): Sequence[] =>
  Array.from({ length: Number(pool) }, (_, row) => ({
    ids: Int32Array.from({ length: LENGTH }, (_, at) => (seed + row * 7919 + at * 104_729) % vocab_size),
    emb: { start: LENGTH - 1, length: 1 },
    response: null,
    dropped,
    passages: [],
  }));
const own = { labels: Array.from({ length: Number(pool) }, (_, row) => row), masked: [], candidates: Number(pool) };
const given: Pool = {
  id: "pool",
  sequences: { G: sequences(0), P: sequences(31) },
  retrieval: own,
  identification: { labels: [], masked: [], candidates: 0 },
  learnsResponse: { G: [], X: [] },
};

const objective = {
  retrieval_weight: 1,
  gen_weight: 0,
  alpha: 0,
  gen_rag_weight: 0,
  temperature: 0.05,
  normalize: true,
  session_mask: false,
};
const spec = { objective, max_positions: LENGTH, row_blocks: 1, lora };
const parameters = new Map([...buildStep(model, lookup, spec).trained.keys()].map((name) => [name, start(name)]));
const session = { device: "cpu" as const, threads, optimize: false };
const executor = new LocalChunks({ model, lookup, spec, parameters, seed: 0, padId: 0, padTo: 1, session });
const contrast = await Contrast.open(objective, { hidden, threads });
const step = updates(
  new ChunkedPool({ executor, contrast, objective, gen_reduction: "sample", chunk_size: Number(chunk), hidden }),
  parameters,
);
await serve(() => step([given]));
