/** @file Everything a command says: the result on stdout, the rest on stderr, as text or as JSON lines. */
import { stringify } from "../../util/json.ts";
import { packageVersion } from "../../util/package-root.ts";
import type { Reporter } from "../../util/reporter.ts";
import type { Outcome, Screen } from "../command.ts";
import { lineProgress, noProgress, type ProgressView } from "./progress.ts";
import { openStream, type TextStream } from "./stream.ts";

export interface Manner {
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  color: boolean;
}

export interface Console {
  stdout: TextStream;
  stderr: TextStream;
  reporter: Reporter;
  manner: Manner;
  result(command: string, outcome: Outcome): void;
  /** The bar off the screen; to be called before leaving. */
  end(): void;
}

export async function openConsole(manner: Manner, environment: NodeJS.ProcessEnv = process.env): Promise<Console> {
  const stdout = openStream({ descriptor: 1, color: manner.color, environment });
  const stderr = openStream({ descriptor: 2, color: manner.color, environment });
  const line = (text: string): void => stderr.write(`${text}\n`);
  const progress = await progressView(manner, stderr, line);
  const say = (text: string): void => {
    progress.clear();
    stderr.writeStyled(`${text}\n`);
  };
  return {
    stdout,
    stderr,
    manner,
    reporter: {
      info: (message) => void (manner.quiet || manner.json || say(stderr.styled(message, "dim"))),
      warn: (message) =>
        say(manner.json ? jsonLine("warning", { message }) : `${stderr.styled("warning:", "yellow")} ${stderr.styled(message)}`),
      progress: (one) => progress.show(one),
    },
    result(command, { result, text, terminal, colors }) {
      progress.end();
      if (!manner.json && stdout.isTerminal && terminal !== undefined) return stdout.writeStyled(`${terminal(screen(stdout))}\n`);
      if (!manner.json) return write(stdout, text.endsWith("\n") || text === "" ? text : `${text}\n`, colors);
      stdout.write(jsonLine("result", { uniconv: packageVersion(), command, result }));
      stdout.write("\n");
    },
    end: () => progress.end(),
  };
}

const screen = ({ columns, styled }: TextStream): Screen => ({
  columns,
  plain: (text) => styled(text),
  bold: (text) => styled(text, "bold"),
});

/** Colours belong to a terminal: elsewhere the text stays as it is, bytes and all. */
function write(stream: TextStream, text: string, colors: Outcome["colors"]): void {
  if (colors === undefined || !stream.isTerminal) return stream.write(text);
  const pieces = text.split(new RegExp(`([${Object.keys(colors).join("")}])`, "u"));
  stream.writeStyled(pieces.map((piece) => stream.styled(piece, colors[piece])).join(""));
}

/** One versioned object on one line. */
export function jsonLine(kind: string, content: Record<string, unknown>): string {
  return stringify(withoutUndefined({ format: `uniconv/${kind}@1`, ...content }));
}

async function progressView({ quiet, json }: Manner, stderr: TextStream, line: (text: string) => void): Promise<ProgressView> {
  if (quiet || json) return noProgress;
  if (!stderr.isTerminal) return lineProgress(line);
  return (await import("./bar.ts")).barProgress();
}

/** Options that are not there are `undefined` in records; in JSON they are not there. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([key, one]) => [key, withoutUndefined(one)]),
  );
}
