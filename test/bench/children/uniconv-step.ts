/** @file Child: timed UniConv steps over WORK's pool, a step per line read: `node uniconv-step.js WORK THREADS`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { poolFeeds } from "../../../src/train/pool-feeds.ts";
import type { Sequence } from "../../../src/text/sequence.ts";
import type { ConversationPool } from "../conversations.ts";
import { serve } from "./serve.ts";
import { openStep } from "./stepper.ts";

const [work = "", threads = "2"] = process.argv.slice(2);
const written = JSON.parse(readFileSync(join(work, "pool.json"), "utf8")) as ConversationPool;
const dropped = { pairs: 0, question_tokens: 0, passages: 0, passage_tokens: 0, response_tokens: 0 };
const of = (pass: keyof ConversationPool): Sequence[] =>
  written[pass].map(({ ids, ...spans }) => ({ ids: Int32Array.from(ids), ...spans, dropped, passages: [] }));
const own = { labels: written.G.map((_, row) => row), masked: [], candidates: written.G.length };
const every = written.G.map(() => true);

// L_R + L_G + 0.5 L_CII, the response blind to the session.
const objective = {
  retrieval_weight: 1,
  gen_weight: 1,
  alpha: 0.5,
  gen_rag_weight: 0,
  temperature: 0.05,
  normalize: true,
  session_mask: true,
};
const feeds = poolFeeds(
  {
    id: "pool",
    sequences: { G: of("G"), P: of("P"), X: of("X"), R: of("R") },
    retrieval: own,
    identification: own,
    learnsResponse: { G: every, X: every },
  },
  { objective, gen_reduction: "sample", padId: 0, padTo: 1, row_blocks: 1 },
);
const longest = Math.max(...Object.values(written).flatMap((sequences) => sequences.map(({ ids }) => ids.length)));
const stepper = await openStep(work, {
  threads: Number(threads),
  max_positions: longest,
  row_blocks: 1,
  objective,
});
await serve(() => stepper([feeds]));
