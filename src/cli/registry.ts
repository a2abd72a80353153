/** @file Finds the commands by their files: adding one touches nothing but its own file. */
import { readdirSync } from "node:fs";
import { extname } from "node:path";
import { closest } from "../util/closest.ts";
import { UsageError } from "../util/errors.ts";
import type { Command } from "./command.ts";

const folder = new URL("./commands/", import.meta.url);
/** Sources under vitest, dist in production. */
const extension = extname(import.meta.url);

function commandFiles(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(extension) && !name.endsWith(".d.ts"));
}

async function load(file: string): Promise<Command> {
  return ((await import(new URL(file, folder).href)) as { command: Command }).command;
}

export async function allCommands(): Promise<Command[]> {
  const commands = await Promise.all(commandFiles().map(load));
  return commands.sort((a, b) => a.order - b.order);
}

/** Loads one file when the name is a file's; only aliases and slips need them all. */
export async function findCommand(name: string): Promise<Command> {
  const file = `${name}${extension}`;
  if (commandFiles().includes(file)) return load(file);
  const commands = await allCommands();
  const found = commands.find(({ aliases }) => aliases.includes(name));
  if (found !== undefined) return found;
  const near = closest(
    name,
    commands.flatMap((command) => [command.name, ...command.aliases]),
  );
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  throw new UsageError(`There is no command "${name}".${hint} The commands are ${commands.map((one) => one.name).join(", ")}.`);
}
