/** @file Finds the datasets by their folders: adding one touches nothing but its own folder. */
import { existsSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../src/util/package-root.ts";
import { closest } from "../src/util/closest.ts";
import { UsageError } from "../src/util/errors.ts";
import type { DatasetReader } from "./types.ts";

/** Sources under vitest, dist in production. */
const readerFile = `reader${extname(import.meta.url)}`;

export function datasetNames(): string[] {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, readerFile)))
    .map((entry) => entry.name)
    .sort();
}

export async function loadReader(name: string): Promise<DatasetReader> {
  const names = datasetNames();
  if (!names.includes(name)) {
    const near = closest(name, names);
    const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
    throw new UsageError(`There is no dataset "${name}".${hint} The datasets are ${names.join(", ")}.`);
  }
  const module = (await import(new URL(`${name}/${readerFile}`, import.meta.url).href)) as { default: DatasetReader };
  return module.default;
}

/** The folder with the sample, the card and shipped data: these are not compiled, so they stay in the package. */
export function datasetFolder(name: string): string {
  return join(packageRoot(), "datasets", name);
}
