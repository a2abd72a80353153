/** @file Entry of the command line: finds the command, runs it, and turns whatever happens into an exit code. */
import { UsageError } from "../util/errors.ts";
import { packageVersion } from "../util/package-root.ts";
import { findCommand } from "./registry.ts";
import { exitCodeOfSignal, watchSignals } from "./signals.ts";
import { type Console, type Manner, openConsole } from "./terminal/console.ts";
import { reportError } from "./terminal/report-error.ts";

/** Ends the process: nothing a stage left open may keep it. */
export async function main(argv: readonly string[]): Promise<never> {
  const console = await openConsole(mannerOf(argv));
  process.on("uncaughtException", (error) => process.exit(reportError(error, console)));
  process.exit(await attempt(argv, console));
}

async function attempt(argv: readonly string[], console: Console): Promise<number> {
  const signals = watchSignals(
    () => console.reporter.warn("stopping after this step; once more (Ctrl-C) leaves at once"),
    () => console.end(),
  );
  try {
    await dispatch(argv, console, signals.signal);
    console.end();
    return 0;
  } catch (error) {
    const code = reportError(error, console);
    const stopped = signals.received();
    return stopped !== undefined && (code === 130 || code === 143) ? exitCodeOfSignal(stopped) : code;
  }
}

async function dispatch(argv: readonly string[], console: Console, signal: AbortSignal): Promise<void> {
  const at = argv.findIndex((arg) => !arg.startsWith("-"));
  const before = at < 0 ? argv : argv.slice(0, at);
  if (before.some((arg) => arg === "--version" || arg === "-V")) return console.stdout.write(`${packageVersion()}\n`);
  const help = before.some((arg) => arg === "--help" || arg === "-h");
  if (help || argv.length === 0) {
    const { overview } = await import("./help/overview.ts");
    return console.stdout.write(await overview(console.stdout.columns));
  }
  if (at < 0) throw new UsageError(`A command is missing before ${before.join(" ")}. See: uniconv --help`);
  const command = await findCommand(argv[at]!);
  const { runCommand } = await import("./run-command.ts");
  await runCommand({ command, argv: [...before, ...argv.slice(at + 1)], console, signal });
}

/** Needed before the options are parsed, since parsing may fail. */
function mannerOf(argv: readonly string[]): Manner {
  const end = argv.indexOf("--");
  const flags = new Set(end < 0 ? argv : argv.slice(0, end));
  return {
    json: flags.has("--json"),
    quiet: flags.has("-q") || flags.has("--quiet"),
    verbose: flags.has("-v") || flags.has("--verbose"),
    color: !flags.has("--no-color"),
  };
}
