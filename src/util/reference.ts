/** @file Reads eval/reference/: what papers published, and where they contradict themselves. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { Contradictions, Reference } from "../schema/reference.ts";
import { closest } from "./closest.ts";
import { UsageError } from "./errors.ts";
import { packageRoot } from "./package-root.ts";

const folder = (): string => join(packageRoot(), "eval", "reference");
const CONTRADICTIONS = "contradictions.json";

export function referenceNames(): string[] {
  const files = readdirSync(folder()).filter((file) => file.endsWith(".json") && file !== CONTRADICTIONS);
  return files.map((file) => file.slice(0, -".json".length)).sort();
}

export function readReference(name: string): Reference {
  const names = referenceNames();
  if (names.includes(name)) return read(join(folder(), `${name}.json`), Reference);
  const near = closest(name, names);
  throw new UsageError(`--against ${name}: no such paper${near ? `; did you mean ${near}?` : ""}; there are ${names.join(", ")}`);
}

export const readContradictions = (): Contradictions => read(join(folder(), CONTRADICTIONS), Contradictions);

/** These files are ours: one that does not parse is a bug. */
const read = <T>(file: string, schema: z.ZodType<T>): T => schema.parse(JSON.parse(existsSync(file) ? readFileSync(file, "utf8") : "null"));
