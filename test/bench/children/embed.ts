/** @file Child: embedding of one batch as `build-index` does it, a pass per line read, `node embed.js WORK THREADS`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Embedder } from "../../../src/encode/embedder.ts";
import { modelFromConfig } from "../../../src/models/loader.ts";
import type { Sequence } from "../../../src/text/sequence.ts";
import { openModelFiles } from "../../../src/weights/model-files.ts";
import { serve } from "./serve.ts";

const [work = "", threads = "2"] = process.argv.slice(2);
const batch = JSON.parse(readFileSync(join(work, "batch.json"), "utf8")) as number[][];
const dropped = { pairs: 0, question_tokens: 0, passages: 0, passage_tokens: 0, response_tokens: 0 };
const sequences = batch.map((ids): Sequence => ({
  ids: Int32Array.from(ids),
  emb: { start: ids.length - 1, length: 1 },
  response: null,
  dropped,
  passages: [],
}));
const files = await openModelFiles(join(work, "model"));
const model = await modelFromConfig(files.config, files.configFile);
const embedder = await Embedder.open(
  { files, model },
  {
    device: "cpu",
    threads: Number(threads),
    normalize: true,
    padId: 0,
    max_length: batch[0]!.length,
    batch_tokens: batch.flat().length,
  },
);
await serve(async () => {
  await embedder.embed(sequences, { describe: String, onBatch: () => {} });
  return {};
});
