/** @file What a file of commands/ exports: it may import nothing heavy, since `uniconv --help` loads them all. */
import type { z } from "zod";
import type { StageContext } from "../util/reporter.ts";
import type { Style } from "./terminal/stream.ts";

export interface Example {
  /** What the line does, as a sentence. */
  text: string;
  /** A command line that parses as it stands (a test runs it with --print-config). */
  run: string;
}

/** The terminal that stdout is. */
export interface Screen {
  columns: number;
  /** Escapes text from data. */
  plain: (text: string) => string;
  bold: (text: string) => string;
}

/** What a command found or made: `result` for programs (--json), `text` for people; both go to stdout. */
export interface Outcome {
  result: Record<string, unknown>;
  text: string;
  /** What stands in the place of `text` where stdout is a terminal; text from data in it must have been made printable. */
  terminal?: (screen: Screen) => string;
  /** Signs of `text` that a terminal shows in colour. */
  colors?: Readonly<Record<string, Style>>;
  /** The run finished and this is what it found wanting: exit 1, after the result was printed. */
  failed?: readonly string[];
}

export interface CommandContext extends StageContext {
  /** Columns of the terminal that stdout is, or 100. */
  columns: number;
}

interface CommandSpec<Schema extends z.ZodObject> {
  name: string;
  aliases?: readonly string[];
  /** One line for the list of commands. */
  summary: string;
  /** A few lines below it in the command's own help. */
  details?: string;
  /** Place in the list of commands. */
  order: number;
  examples: readonly Example[];
  /** Whether presets/ holds configurations of this command. */
  presets?: boolean;
  options: () => Promise<Schema>;
  run: (options: z.output<Schema>, context: CommandContext) => Promise<Outcome>;
  /** What `--dry-run` says besides what is read and written; it may throw what the run would. */
  plan?: (options: z.output<Schema>, context: CommandContext) => Promise<Outcome>;
}

/** A command whose options are known to its own schema only. */
export interface Command extends Omit<CommandSpec<z.ZodObject>, "run" | "plan" | "aliases"> {
  aliases: readonly string[];
  run: (options: Record<string, unknown>, context: CommandContext) => Promise<Outcome>;
  plan: (options: Record<string, unknown>, context: CommandContext) => Promise<Outcome | null>;
}

export function defineCommand<Schema extends z.ZodObject>(spec: CommandSpec<Schema>): Command {
  // The one place where the types part: `main` hands `run` what this very schema gave.
  return {
    ...spec,
    aliases: spec.aliases ?? [],
    run: (options, context) => spec.run(options as z.output<Schema>, context),
    plan: async (options, context) => (await spec.plan?.(options as z.output<Schema>, context)) ?? null,
  };
}
