/** @file Finds the help topics by their files. */
import { readdirSync } from "node:fs";
import { basename, extname } from "node:path";

const folder = new URL("../topics/", import.meta.url);
const extension = extname(import.meta.url);

export function topicNames(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(extension) && !name.endsWith(".d.ts"))
    .map((name) => basename(name, extension))
    .sort();
}

export async function topicText(name: string): Promise<string | undefined> {
  if (!topicNames().includes(name)) return undefined;
  const module = (await import(new URL(`${name}${extension}`, folder).href)) as { text: () => Promise<string> };
  return module.text();
}
