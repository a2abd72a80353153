/** @file What a stage's command says of the artifact it made: where it is, what it holds, what to do next. */
import { relative } from "node:path";
import type { Outcome, Screen } from "./command.ts";

interface Made {
  status: "done" | "written";
  dir: string;
  /** For programs. */
  result: Record<string, unknown>;
  /** A line each, for people. */
  facts?: readonly string[];
  /** A command line that uses what was made. */
  next?: string;
}

export function made({ status, dir, result, facts = [], next }: Made): Outcome {
  const head = status === "done" ? `${shown(dir)} is there already, made from the same inputs and options.` : `${shown(dir)} is written.`;
  const lines = [head, ...facts.map((fact) => `  ${fact}`), ...(next === undefined ? [] : [`Next: ${next}`])];
  return { result: { status, output: dir, ...result }, text: lines.join("\n") };
}

/** A line per count in an artifact's stats; the rest of them is in manifest.json. */
export function countLines(stats: Record<string, unknown>): string[] {
  return Object.entries(stats).flatMap(([name, value]) => {
    const kept: unknown = typeof value === "object" && value !== null && "kept" in value ? value.kept : value;
    return typeof kept === "number" ? [`${name.replaceAll("_", " ")}: ${Number(kept.toPrecision(6))}`] : [];
  });
}

/** Relative where that is shorter: it is what the user typed, mostly. */
export function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near !== "" && near.length < path.length ? near : path;
}

/** The best of a column in bold. */
export const emphasis =
  (bold: Screen["bold"]) =>
  (text: string, kind: "best" | "second"): string =>
    kind === "best" ? bold(text) : text;
