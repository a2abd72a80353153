/** @file Options of the index backends, part of those of build-index. */
import { z } from "zod";

export const Bm25Options = z.strictObject({
  k1: z.number().min(0).default(0.9).describe("BM25: how fast repeated terms stop adding to the score").meta({ group: "bm25" }),
  b: z.number().min(0).max(1).default(0.4).describe("BM25: how much long passages are held back, 0 to 1").meta({ group: "bm25" }),
  stemming: z.enum(["porter", "none"]).default("porter").describe("BM25: reduce English words to their stems").meta({ group: "bm25" }),
  stop_words: z
    .enum(["english", "none"])
    .default("english")
    .describe("BM25: leave out Lucene's 33 English stop words")
    .meta({ group: "bm25" }),
  lengths: z
    .enum(["exact", "lucene"])
    .default("exact")
    .describe("BM25: passage lengths as they are, or in one byte as Lucene keeps them")
    .meta({ group: "bm25" }),
});
export type Bm25Options = z.infer<typeof Bm25Options>;
