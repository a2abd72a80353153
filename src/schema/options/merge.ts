/** @file Options of `uniconv merge`. */
import { z } from "zod";
import { modelOptions, outputOptions } from "./inference.ts";

export const MergeOptions = z.strictObject({
  model: modelOptions.model.describe("PEFT adapter directory, trained by uniconv or by Python's peft"),
  base_model: modelOptions.base_model,
  output: z.string().min(1).describe("The checkpoint directory to write").meta({ group: "output" }),
  dtype: z
    .enum(["float32", "bfloat16", "float16"])
    .optional()
    .describe("Type of the written weights (default: that of the base)")
    .meta({ group: "output" }),
  ...outputOptions,
});
export type MergeOptions = z.infer<typeof MergeOptions>;
