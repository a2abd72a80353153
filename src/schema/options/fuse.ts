/** @file Options of `uniconv fuse`. */
import { z } from "zod";

export const FuseOptions = z.strictObject({
  run: z
    .array(z.string().min(1))
    .min(2, "give at least two runs: --run A --run B")
    .describe("Run to join: a run artifact, a run.jsonl or a TREC run file (repeatable)")
    .meta({ group: "input" }),
  output: z.string().min(1).describe("The run artifact to write").meta({ group: "output" }),
  method: z
    .enum(["rrf", "weighted"])
    .default("rrf")
    .describe("rrf: sum of weight / (k + rank); weighted: sum of weight × score, each run's scores scaled to 0-1 per turn")
    .meta({ group: "fusion" }),
  weights: z
    .array(z.number().min(0))
    .default([])
    .describe("A weight per --run, in their order; all 1 unless given")
    .meta({ group: "fusion" }),
  k: z.number().min(0).default(60).describe("The constant of reciprocal rank fusion").meta({ group: "fusion" }),
  top_k: z.int().min(1).default(100).describe("Passages kept per turn").meta({ group: "fusion" }),
  tag: z
    .string()
    .regex(/^[^\s#]\S*$/, "one word")
    .default("fused")
    .describe("The system's name in the sixth column of run.trec")
    .meta({ group: "output" }),
  resume: z.boolean().default(false).describe("Continue an interrupted run (fuse starts anew)").meta({ group: "output" }),
  overwrite: z.boolean().default(false).describe("Replace an existing output").meta({ group: "output" }),
});
export type FuseOptions = z.infer<typeof FuseOptions>;
