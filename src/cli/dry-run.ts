/** @file --dry-run: what would be read and written, checked as far as that is cheap. */
import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Manifest } from "../schema/manifest.ts";
import { DataError } from "../util/errors.ts";
import { attempt } from "../util/io-errors.ts";

const INPUT_KEYS = [
  "input",
  "eval_input",
  "model",
  "base_model",
  "init_adapter",
  "collection",
  "qrels",
  "run",
  "responses",
  "index",
  "text",
  "passages",
  "paths",
];
/** Given without a flag. */
const OPERANDS = new Set(["paths"]);

export interface InputFacts {
  option: string;
  path: string;
  bytes: number;
  /** Of an artifact: its format and the rows of its files. */
  format?: string;
  rows?: Record<string, number>;
}

export interface DryRun {
  inputs: InputFacts[];
  output?: { path: string; state: "new" | "exists" | "interrupted"; free_bytes: number };
  /** Bytes of the weights that would be mapped; a lower bound of the memory. */
  weight_bytes?: number;
}

/** Throws one `DataError` that lists every input that is not there. */
export function dryRun(options: Record<string, unknown>): DryRun {
  // Of train `responses` is a choice; evaluate takes a list of files.
  const named = INPUT_KEYS.filter((option) => option !== "responses" || Array.isArray(options[option]));
  const given = named.flatMap((option) =>
    pathsOf(options[option])
      // Standard input can only be read, which is no part of a dry run.
      .filter((path) => path !== "-")
      .map((path) => ({ option, path })),
  );
  const missing = given.filter(({ path }) => !existsSync(path));
  if (missing.length > 0) {
    throw new DataError(
      missing.map(({ option, path }) => `${OPERANDS.has(option) ? "" : `${flagOf(option)} `}${path}: no such file or directory`).join("\n"),
    );
  }
  const inputs = given.map(({ option, path }) => ({ option, path, bytes: bytesOf(path), ...artifactFacts(path) }));
  const weights = inputs
    .filter(({ option }) => option.endsWith("model"))
    .reduce((sum, { path }) => sum + bytesOf(path, /\.safetensors$/), 0);
  return {
    inputs,
    ...(typeof options["output"] === "string" ? { output: outputFacts(options["output"]) } : {}),
    ...(weights > 0 ? { weight_bytes: weights } : {}),
  };
}

/** `more` is what the command itself has to say, in lines like these. */
export function describeDryRun({ inputs, output, weight_bytes: weights }: DryRun, more?: string): string {
  const lines = inputLines(inputs);
  if (more !== undefined && more !== "") lines.push(more);
  else if (weights !== undefined) lines.push(`memory  at least ${size(weights)} of weights, mapped from their files`);
  if (output !== undefined) lines.push(`writes  ${output.path} (${STATES[output.state]}; ${size(output.free_bytes)} free there)`);
  return [...lines, "Nothing was done (--dry-run)."].join("\n");
}

export function inputLines(inputs: readonly InputFacts[]): string[] {
  return inputs.map(({ option, path, bytes, rows }) => {
    const counts = Object.entries(rows ?? {}).map(([name, count]) => `${name} ${count} rows`);
    return `reads   ${path}${OPERANDS.has(option) ? "" : ` (${flagOf(option)})`}: ${[size(bytes), ...counts].join(", ")}`;
  });
}

const flagOf = (option: string): string => `--${option.replaceAll("_", "-")}`;

const STATES = {
  new: "does not exist yet",
  exists: "exists: done if it came from the same inputs and options, else refused without --overwrite",
  interrupted: "was interrupted: --resume continues it",
};

/** `NAME=PATH` is how evaluate names its systems. */
function pathsOf(value: unknown): string[] {
  const texts = [value].flat().filter((one) => typeof one === "string");
  return texts.map((text) => (existsSync(text) ? text : text.replace(/^[^=/]+=/, "")));
}

function bytesOf(path: string, names = /./): number {
  return attempt(path, "read", () => {
    const stats = statSync(path);
    if (!stats.isDirectory()) return stats.size;
    const entries = readdirSync(path, { withFileTypes: true }).filter((entry) => !entry.isDirectory() && names.test(entry.name));
    return entries.reduce((sum, { name }) => sum + statSync(join(path, name)).size, 0);
  });
}

function artifactFacts(path: string): Pick<InputFacts, "format" | "rows"> {
  const file = join(path, "manifest.json");
  if (!existsSync(file)) return {};
  try {
    const { format, files } = Manifest.parse(JSON.parse(readFileSync(file, "utf8")));
    return { format, rows: Object.fromEntries(files.flatMap(({ path: name, rows }) => (rows === undefined ? [] : [[name, rows]]))) };
  } catch (error) {
    throw new DataError("is no manifest of uniconv", { file }, { cause: error });
  }
}

function outputFacts(output: string): DryRun["output"] & object {
  const path = resolve(output);
  let above = dirname(path);
  while (!existsSync(above)) above = dirname(above);
  const { bavail, bsize } = attempt(above, "read", () => statfsSync(above));
  const state = existsSync(`${path}.partial`) ? "interrupted" : existsSync(path) ? "exists" : "new";
  return { path, state, free_bytes: bavail * bsize };
}

function size(bytes: number): string {
  if (bytes < 1e4) return `${bytes} B`;
  return bytes < 1e7 ? `${Math.round(bytes / 1e3)} kB` : bytes < 1e10 ? `${Math.round(bytes / 1e6)} MB` : `${Math.round(bytes / 1e9)} GB`;
}
