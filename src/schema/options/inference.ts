/** @file Options that the stages which run a model share: the model, the machine, and the sequence settings that may be overridden. */
import { z } from "zod";
import { type SequenceSettings, SequenceSettings as Settings } from "../settings.ts";

export const modelOptions = {
  model: z.string().min(1).describe("Model directory: a Hugging Face checkpoint or a PEFT adapter").meta({ group: "model" }),
  base_model: z
    .string()
    .min(1)
    .optional()
    .describe("Checkpoint directory of an adapter's base, where it has moved")
    .meta({ group: "model" }),
};

export const machineOptions = {
  device: z
    .string()
    .regex(/^(auto|cpu|cuda(:\d+)?)$/, "expected auto, cpu, cuda or cuda:N")
    .default("auto")
    .describe("auto, cpu, cuda or cuda:N")
    .meta({ group: "run" }),
  threads: z.int().min(1).max(1024).optional().describe("CPU threads; by default the cores this process really has").meta({ group: "run" }),
};

export const outputOptions = {
  resume: z.boolean().default(false).describe("Continue an interrupted run").meta({ group: "output" }),
  overwrite: z.boolean().default(false).describe("Replace an existing output").meta({ group: "output" }),
};

export const splitOption = z
  .enum(["train", "dev", "test"])
  .optional()
  .describe("Which turns of --input (default: test if there is one, else dev, else all)")
  .meta({ group: "input" });

/** A dataset without a collection (FaithDial) runs against the index of another. */
export const passagesOption = z
  .string()
  .min(1)
  .optional()
  .describe("Prepared folder or passages.jsonl with the texts of the passages, where --input has none")
  .meta({ group: "input" });

export const limitOption = (what: string) =>
  z.int().min(1).optional().describe(`Only the first N ${what}; the output is marked partial`).meta({ group: "input" });

/** Settings as flags without defaults: what is not given is as the model was trained. */
export function settingOverrides<K extends keyof SequenceSettings>(
  ...keys: K[]
): { [Key in K]: z.ZodOptional<z.ZodType<SequenceSettings[Key]>> } {
  const entries = keys.map((key) => {
    const setting = Settings.shape[key];
    const fallback = setting.def.defaultValue;
    const otherwise = fallback === "" ? "" : `, else ${typeof fallback === "boolean" ? (fallback ? "on" : "off") : fallback}`;
    const description = `${setting.description} (default: as the model was trained${otherwise})`;
    return [key, (setting.unwrap() as z.ZodType).optional().describe(description).meta({ group: "sequences" })];
  });
  return Object.fromEntries(entries) as { [Key in K]: z.ZodOptional<z.ZodType<SequenceSettings[Key]>> };
}
