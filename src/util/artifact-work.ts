/** @file What an artifact is made of: two manifests with the same work describe the same bytes. */
import { isDeepStrictEqual } from "node:util";
import type { ArtifactKind, FileEntry, Manifest } from "../schema/manifest.ts";
import { digestFile } from "./hash.ts";
import { parseJson, stringify } from "./json.ts";
import { packageVersion } from "./package-root.ts";
import { isPipe, pipeAt } from "./pipe.ts";

export const FORMAT_VERSION = 1;

export interface ArtifactSpec {
  output: string;
  kind: ArtifactKind;
  command: string;
  /** All resolved options. Those that do not change the work (output, resume, overwrite, verbosity) are left out of the manifest. */
  options: Record<string, unknown>;
  seed: number;
  /** Files that were read; a path is hashed here. */
  inputs: readonly (string | FileEntry)[];
  model?: { fingerprint: string; tokenizer: string } | undefined;
  /** Made under --limit. */
  partial?: boolean | undefined;
  resume: boolean;
  overwrite: boolean;
  /** Beside those of uniconv and Node. */
  versions?: Record<string, string> | undefined;
}

/** Options that say where and how loudly, not what. */
const MANNERS = new Set([
  "output",
  "config",
  "preset",
  "resume",
  "overwrite",
  "json",
  "quiet",
  "verbose",
  "dry_run",
  "print_config",
  "color",
]);

/** The manifest as far as it is known before the work. */
export function describeWork(spec: ArtifactSpec): Manifest {
  const options = Object.fromEntries(Object.entries(spec.options).filter(([key, value]) => !MANNERS.has(key) && value !== undefined));
  return {
    format: `uniconv/${spec.kind}@${FORMAT_VERSION}`,
    command: spec.command,
    options: parseJson(stringify(options), { file: "options" }) as Record<string, unknown>,
    seed: spec.seed,
    versions: { uniconv: packageVersion(), node: process.versions.node, ...spec.versions },
    inputs: spec.inputs.map((input) => (typeof input === "string" ? fileEntry(input, input) : input)),
    files: [],
    ...(spec.model === undefined ? {} : { model: spec.model }),
    partial: spec.partial ?? false,
    stats: {},
  };
}

/** A pipe's entry is that of what has been read of it. */
export function fileEntry(file: string, name: string): FileEntry {
  if (isPipe(file)) return { path: name, ...pipeAt(file).digest() };
  const { sha256, bytes, lines } = digestFile(file);
  return { path: name, sha256, bytes, ...(/\.(jsonl|tsv|trec)$/.test(name) ? { rows: lines } : {}) };
}

/** Why two works are not the same, in words; empty when they are. Inputs count by content, not by name. */
export function differences(found: Manifest, wanted: Manifest, scope: "work" | "and versions" = "work"): string[] {
  const out: string[] = [];
  const compare = (name: string, a: unknown, b: unknown) => {
    if (!isDeepStrictEqual(a, b)) out.push(`${name}: ${show(a)}, now ${show(b)}`);
  };
  compare("format", found.format, wanted.format);
  compare("command", found.command, wanted.command);
  // Another command has other options: each of them would differ.
  if (found.command !== wanted.command) return out;
  for (const name of keysOf(found.options, wanted.options)) compare(name, found.options[name], wanted.options[name]);
  // Where the seed is an option too it has been compared as one.
  if (!("seed" in found.options && "seed" in wanted.options)) compare("seed", found.seed, wanted.seed);
  compare("limited", found.partial, wanted.partial);
  compare("fingerprint of the model", found.model?.fingerprint, wanted.model?.fingerprint);
  compare("fingerprint of the tokenizer", found.model?.tokenizer, wanted.model?.tokenizer);
  if (found.inputs.length !== wanted.inputs.length) out.push(`${found.inputs.length} input files, now ${wanted.inputs.length}`);
  else {
    const changed = wanted.inputs.filter((input, i) => input.sha256 !== found.inputs[i]!.sha256);
    if (changed.length > 0) out.push(`changed input ${changed[0]!.path}${changed.length > 1 ? ` and ${changed.length - 1} more` : ""}`);
  }
  if (scope === "and versions") {
    for (const name of keysOf(found.versions, wanted.versions)) compare(name, found.versions[name], wanted.versions[name]);
  }
  return out;
}

function keysOf(a: object, b: object): Set<string> {
  return new Set([...Object.keys(a), ...Object.keys(b)]);
}

function show(value: unknown): string {
  const text = value === undefined ? "unset" : stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
