/** @file The last thing a failed command says, and its exit code. */
import { CheckFailed, DataError, Interrupted, UniconvError } from "../../util/errors.ts";
import { type Console, jsonLine } from "./console.ts";

const SCREEN_LINES = 24;
export const INTERNAL_BUG = 70;

export function exitCodeOf(error: unknown): number {
  return error instanceof UniconvError ? error.exitCode : INTERNAL_BUG;
}

/** One screen; a stack only for bugs and with --verbose. */
export function reportError(thrown: unknown, { stderr, manner, end }: Console): number {
  end();
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = exitCodeOf(error);
  if (manner.json) {
    const place = error instanceof DataError ? { file: error.file, line: error.line } : {};
    const about = { type: code === INTERNAL_BUG ? "InternalError" : error.name, message: error.message, exit_code: code, ...place };
    stderr.writeStyled(`${jsonLine("error", { error: about })}\n`);
    return code;
  }
  const isBug = code === INTERNAL_BUG;
  const title = error instanceof Interrupted ? "stopped:" : error instanceof CheckFailed ? "failed:" : isBug ? "internal error:" : "error:";
  const lines = [error.message === "" ? error.name : error.message];
  if (isBug || manner.verbose) lines.push(...stackOf(error));
  if (isBug) lines.push("This is a bug in uniconv. Please report it with the command line and the lines above.");
  stderr.writeStyled(`${stderr.styled(title, error instanceof Interrupted ? "yellow" : "red")} `);
  stderr.write(`${oneScreen(lines.join("\n"))}\n`);
  return code;
}

function oneScreen(text: string): string {
  const lines = text.split("\n");
  const shown = lines.slice(0, SCREEN_LINES).map((line) => (line.length > 2000 ? `${line.slice(0, 2000)} …` : line));
  return lines.length <= SCREEN_LINES ? shown.join("\n") : [...shown, `… and ${lines.length - SCREEN_LINES} more lines`].join("\n");
}

function stackOf(error: Error): string[] {
  const own = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const cause = error.cause instanceof Error ? [`caused by ${error.cause.name}: ${error.cause.message}`] : [];
  return [...own.slice(0, 12), ...cause];
}
