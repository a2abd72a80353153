/** @file stdout and stderr, written synchronously and to the end: nothing is lost when the process leaves, and a full disk is seen. */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { IoError } from "../../util/errors.ts";
import { errorCode } from "../../util/io-errors.ts";
import { escapeText } from "./escape.ts";

export type Style = "bold" | "dim" | "red" | "yellow" | "green";
const CODES: Record<Style, number> = { bold: 1, dim: 2, red: 31, yellow: 33, green: 32 };

export interface TextStream {
  readonly isTerminal: boolean;
  readonly columns: number;
  /** Writes a whole text; on a terminal it is escaped. */
  write(text: string): void;
  /** Escapes the text, then colours it where the stream shows colours. */
  styled(text: string, style?: Style): string;
  /** Writes what `styled` made. */
  writeStyled(text: string): void;
}

export interface StreamOptions {
  descriptor: 1 | 2;
  color: boolean;
  environment: NodeJS.ProcessEnv;
}

export function openStream({ descriptor, color, environment }: StreamOptions): TextStream {
  const isTerminal = isatty(descriptor);
  const colored = color && isTerminal && !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
  const raw = (text: string): void => writeAll(descriptor, text);
  return {
    isTerminal,
    columns: columnsOf(descriptor, isTerminal),
    write: (text) => raw(isTerminal || descriptor === 2 ? escapeText(text) : text),
    styled: (text, style) => (colored && style !== undefined ? `\u001b[${CODES[style]}m${escapeText(text)}\u001b[0m` : escapeText(text)),
    writeStyled: raw,
  };
}

function columnsOf(descriptor: 1 | 2, isTerminal: boolean): number {
  if (!isTerminal) return 100;
  return (descriptor === 1 ? process.stdout : process.stderr).columns || 100;
}

/** A reader that left (`| head`) wants no more, which is no failure; nobody can be told that stderr is full. */
function writeAll(descriptor: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(descriptor, bytes, done);
    } catch (error) {
      const code = errorCode(error);
      if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else if (code === "EPIPE" || descriptor === 2) return;
      else throw new IoError(`cannot write to standard output: ${reason(error as Error)}`, { cause: error });
    }
  }
}

const reason = (error: Error): string => (errorCode(error) === "ENOSPC" ? "no space left on the device" : error.message);
