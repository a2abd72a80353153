/** @file One command from its arguments to its outcome: resolve, check, run, print. */
import { CheckFailed } from "../util/errors.ts";
import type { Command } from "./command.ts";
import { describeDryRun, dryRun } from "./dry-run.ts";
import { commandHelp } from "./help/command-help.ts";
import { refuseHubIds } from "./hub-id.ts";
import { printConfig } from "./options/print-config.ts";
import { resolveOptions, type Resolved, validated } from "./options/resolve.ts";
import type { Console } from "./terminal/console.ts";

export interface Invocation {
  command: Command;
  argv: readonly string[];
  /** Opened with the manner the flags ask for. */
  console: Console;
  signal: AbortSignal;
}

export async function runCommand({ command, argv, console, signal }: Invocation): Promise<void> {
  const { name } = command;
  const schema = await command.options();
  const resolved = resolveOptions({
    name,
    schema,
    argv,
    environment: process.env,
    ...(command.presets === true ? {} : { presets: false }),
  });
  const { common } = resolved;
  if (common.help) return console.stdout.write(await commandHelp(command, console.stdout.columns));
  if (common.print_schema) return console.stdout.write(await jsonSchema(resolved, name));
  if (common.print_config) {
    const { values, yaml } = printConfig(resolved, name);
    return console.result(name, { result: { options: values }, text: yaml });
  }
  const options = validated(resolved, name);
  refuseHubIds(options);
  if (console.manner.verbose) for (const line of origins(resolved)) console.reporter.info(line);
  const context = { reporter: console.reporter, signal, columns: console.stdout.columns };
  if (common.dry_run) {
    const plan = dryRun(options);
    const own = await command.plan(options, context);
    const text = `${printConfig(resolved, name).yaml}\n${describeDryRun(plan, own?.text)}`;
    return console.result(name, { result: { dry_run: true, options, ...plan, ...own?.result }, text });
  }
  const outcome = await command.run(options, context);
  console.result(name, outcome);
  if (outcome.failed !== undefined && outcome.failed.length > 0) throw new CheckFailed(outcome.failed.join("\n"));
}

async function jsonSchema({ schema }: Resolved, name: string): Promise<string> {
  const { z } = await import("zod");
  return `${JSON.stringify({ title: `uniconv ${name}`, ...z.toJSONSchema(schema, { io: "input" }) }, null, 2)}\n`;
}

function origins({ given, layers }: Resolved): string[] {
  return Object.keys(given).map((key) => {
    const layer = layers.find(({ values }) => key in values);
    return `${key}: ${JSON.stringify(given[key])} (${layer?.name ?? layer?.kind ?? "default"})`;
  });
}
