/** @file From a config.json to its family. */
import { DataError } from "../util/errors.ts";
import type { Model } from "./family.ts";

interface Family {
  fromConfig(raw: Readonly<Record<string, unknown>>, file: string): Model;
  /** A tiny config.json for the tests every family passes. */
  example: Readonly<Record<string, unknown>>;
}

/** The families, loaded when a checkpoint asks for them. */
export const families: Readonly<Record<string, () => Promise<Family>>> = {
  llama: () => import("./llama.ts"),
  mistral: () => import("./mistral.ts"),
  qwen2: () => import("./qwen2.ts"),
  qwen3: () => import("./qwen3.ts"),
};

/** `raw` is the parsed config.json, `file` its path for errors. */
export async function modelFromConfig(raw: Readonly<Record<string, unknown>>, file: string): Promise<Model> {
  const type = raw["model_type"];
  const family = typeof type === "string" && Object.hasOwn(families, type) ? families[type] : undefined;
  if (!family) throw new DataError(`model_type is ${JSON.stringify(type)}; implemented are ${Object.keys(families).join(", ")}`, { file });
  return (await family()).fromConfig(raw, file);
}
