/** @file Options of `uniconv quickstart`. */
import { z } from "zod";
import { machineOptions } from "./inference.ts";

export const QuickstartOptions = z.strictObject({
  output: z.string().min(1).default("quickstart").describe("Folder for everything it makes").meta({ group: "output" }),
  max_steps: z.int().min(1).default(700).describe("Updates of the training").meta({ group: "run" }),
  seed: z.int().min(0).default(0).describe("Seed of every random draw").meta({ group: "run" }),
  ...machineOptions,
  overwrite: z.boolean().default(false).describe("Make everything anew").meta({ group: "output" }),
});
export type QuickstartOptions = z.infer<typeof QuickstartOptions>;
