/**
 * @file The life of `<output>.partial`: opened or resumed, sealed, published; and the repair of what a kill left.
 * `draft.json` in it tells what work it is; its absence beside a manifest tells that it is sealed.
 */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { Manifest } from "../schema/manifest.ts";
import { MANIFEST, readManifest, verifyFiles } from "./artifact-open.ts";
import { differences, fileEntry } from "./artifact-work.ts";
import { DataError, IoError, UsageError } from "./errors.ts";
import { fsyncPath, makeFolder, sweep, writeFileAtomic } from "./files.ts";
import { attempt } from "./io-errors.ts";
import { parseJson, stringify } from "./json.ts";
import { compareBytes } from "./sort.ts";

const DRAFT = "draft.json";
/** Wall-clock figures: never equal, so never hashed. */
const UNLISTED = new Set([MANIFEST, DRAFT, "timing.jsonl"]);
/** Where a stage keeps what only a resumed run needs: never listed, and there until the artifact is sealed, so that a kill while it is costs no work. */
export const SCRATCH = "checkpoints";
/** Where TensorBoard's events are: they hold the times of day, so they are kept and never listed. */
export const EVENTS = "runs";

export interface Draft {
  /** Where to write: `<output>.partial`. */
  dir: string;
  /** The directory holds what an interrupted run left, of the same inputs, options and versions. */
  resumed: boolean;
  /** Digests the stage knows because it hashed while it wrote; other files are read once more. */
  digests: Map<string, { sha256: string; bytes: number; rows: number }>;
  /** Filled by the stage; becomes `stats` of the manifest. */
  stats: Record<string, unknown>;
}

const partialOf = (output: string) => `${output}.partial`;
/** Where --overwrite keeps the old output until the new one is in place. */
const asideOf = (output: string) => join(dirname(output), `.${basename(output)}.replaced`);

export function openDraft(from: { output: string; work: Manifest; resume: boolean; overwrite: boolean }): Draft {
  const { output, work } = from;
  const dir = partialOf(output);
  if (existsSync(dir)) sweep(dir);
  const left = existsSync(dir) ? readdirSync(dir) : [];
  const resumed = left.length > 0 && from.resume && mayResume(dir, work, from.overwrite);
  if (left.length > 0 && !resumed) {
    if (workOf(dir) === undefined) throw new UsageError(`${dir} was not made by uniconv, or is damaged; move it away`);
    if (!from.overwrite) {
      throw new UsageError(`${dir} is an unfinished run; continue it with --resume, or start over with --overwrite`);
    }
    discard(dir);
  }
  if (!resumed) makeFolder(dir);
  try {
    // A draft that was sealed already is opened again.
    if (!existsSync(join(dir, DRAFT))) writeFileAtomic(join(dir, DRAFT), `${stringify(work)}\n`);
  } catch (error) {
    if (!resumed) discard(dir);
    throw error;
  }
  return { dir, resumed, digests: new Map(), stats: {} };
}

function mayResume(dir: string, work: Manifest, overwrite: boolean): boolean {
  const begun = workOf(dir);
  if (begun === undefined) return false;
  const changed = differences(begun, work, "and versions");
  if (changed.length === 0) return true;
  if (overwrite) return false;
  throw new UsageError(`${dir} cannot be resumed, it is other work (${changed.join("; ")}); start over with --overwrite`);
}

/** What a draft was begun as; undefined when it is no draft of ours. */
function workOf(dir: string): Manifest | undefined {
  const name = [DRAFT, MANIFEST].find((file) => existsSync(join(dir, file)));
  try {
    return name === undefined ? undefined : readManifest(dir, name);
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

/** Hashes and syncs every file, then writes the manifest. */
export function seal(draft: Draft, work: Manifest): Manifest {
  const names = readdirSync(draft.dir, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(draft.dir.length + 1))
    .filter((name) => !UNLISTED.has(name) && ![SCRATCH, EVENTS].some((folder) => name.startsWith(join(folder, sep))))
    .sort(compareBytes);
  const files = names.map((name) => {
    const file = join(draft.dir, name);
    const known = draft.digests.get(name);
    if (known === undefined) return fileEntry(file, name);
    const bytes = attempt(file, "read", () => statSync(file).size);
    if (bytes !== known.bytes) throw new IoError(`${file}: has ${bytes} bytes, but ${known.bytes} were written`);
    return { path: name, ...known };
  });
  const manifest = Manifest.parse({ ...work, files, stats: parseJson(stringify(draft.stats), { file: "stats" }) });
  for (const name of names) fsyncPath(join(draft.dir, name));
  for (const directory of new Set(names.map((name) => dirname(join(draft.dir, name))))) fsyncPath(directory);
  writeFileAtomic(join(draft.dir, MANIFEST), `${stringify(manifest)}\n`);
  attempt(draft.dir, "seal", () => rmSync(join(draft.dir, DRAFT)));
  fsyncPath(draft.dir);
  return manifest;
}

/** The old output aside, the new one in, the old one away. A failure puts the old one back; a kill is repaired at the next start. */
export function publish(output: string): void {
  attempt(output, "clear", () => rmSync(join(partialOf(output), SCRATCH), { recursive: true, force: true }));
  const aside = asideOf(output);
  const replaces = existsSync(output) && readdirSync(output).length > 0;
  if (replaces) attempt(output, "move aside", () => renameSync(output, aside));
  try {
    attempt(output, "rename into place", () => renameSync(partialOf(output), output));
  } catch (error) {
    if (replaces) attempt(output, `put the old output back from ${aside}`, () => renameSync(aside, output));
    throw error;
  }
  fsyncPath(dirname(output));
  if (existsSync(aside)) discard(aside);
}

/** Completes or undoes what a kill interrupted inside `seal` and `publish`. */
export function repair(output: string): void {
  const [partial, aside] = [partialOf(output), asideOf(output)];
  if (existsSync(aside)) {
    if (existsSync(join(output, MANIFEST)) || readdirSync(aside).length === 0) discard(aside);
    else if (!isSealed(partial)) attempt(output, "put back", () => renameSync(aside, output));
  }
  if (isSealed(partial) && !existsSync(output)) publish(output);
}

function isSealed(dir: string): boolean {
  if (!existsSync(join(dir, MANIFEST)) || existsSync(join(dir, DRAFT))) return false;
  try {
    verifyFiles(dir, readManifest(dir));
    return true;
  } catch (error) {
    if (error instanceof DataError) return false; // Killed inside `discard`.
    throw error;
  }
}

/** The manifest goes last: until then a kill leaves what `repair` recognises as ours. */
export function discard(dir: string): void {
  attempt(dir, "delete", () => {
    for (const name of readdirSync(dir)) if (name !== MANIFEST && name !== DRAFT) rmSync(join(dir, name), { recursive: true, force: true });
    rmSync(dir, { recursive: true, force: true });
  });
}
