/** @file Finds the index backends: every file of this folder but the contract and this one is a backend. */
import { readdir } from "node:fs/promises";
import { closest } from "../util/closest.ts";
import { UsageError } from "../util/errors.ts";
import { compareBytes } from "../util/sort.ts";
import type { Backend } from "./types.ts";

const NO_BACKENDS = new Set(["types", "backends"]);

export async function backendNames(): Promise<string[]> {
  const files = await readdir(new URL(".", import.meta.url), { withFileTypes: true });
  const names = files.filter((file) => file.isFile()).map(({ name }) => /^([a-z0-9-]+)\.[jt]s$/.exec(name)?.[1] ?? "");
  return names.filter((name) => name !== "" && !NO_BACKENDS.has(name)).sort(compareBytes);
}

/** Loads one backend; the others, and what they import, stay unloaded. */
export async function loadBackend(name: string): Promise<Backend> {
  const names = await backendNames();
  if (!names.includes(name)) {
    const near = closest(name, names);
    throw new UsageError(
      `unknown index backend "${name}"${near === undefined ? "." : `; did you mean "${near}"?`} There are ${names.join(", ")}`,
    );
  }
  const file = new URL(`./${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  return ((await import(file.href)) as { backend: Backend }).backend;
}
