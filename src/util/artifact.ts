/**
 * @file An artifact is a directory that is whole or invisible: it is written as `<output>.partial`, sealed by manifest.json and renamed.
 * Written again with the same inputs and options it is "done"; nothing else ever replaces it without `overwrite`.
 */
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ArtifactKind, FileEntry, Manifest } from "../schema/manifest.ts";
import { discard, openDraft, publish, repair, SCRATCH, seal } from "./artifact-draft.ts";
import { MANIFEST, readManifest, verifyFiles } from "./artifact-open.ts";
import { describeWork, differences, fileEntry } from "./artifact-work.ts";
import { DataError, UsageError } from "./errors.ts";
import { makeFolder } from "./files.ts";
import { lock } from "./lock.ts";
import { isPipe } from "./pipe.ts";

export { EVENTS, SCRATCH } from "./artifact-draft.ts";
export { type Artifact, openArtifact } from "./artifact-open.ts";

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

export type Written<R> =
  | { status: "done"; dir: string; manifest: Manifest }
  | { status: "written"; dir: string; manifest: Manifest; result: R };

export async function writeArtifact<R>(spec: ArtifactSpec, produce: (draft: Draft) => Promise<R>): Promise<Written<R>> {
  const output = existsSync(spec.output) ? realpathSync(spec.output) : resolve(spec.output);
  makeFolder(dirname(output));
  const release = await lock(output);
  try {
    repair(output);
    const work = describeWork(spec);
    const done = settled(output, work, spec);
    if (done !== undefined) return { status: "done", dir: output, manifest: done };
    const draft = openDraft({ output, work, resume: spec.resume, overwrite: spec.overwrite });
    let result: R;
    try {
      result = await produce(draft);
    } catch (error) {
      // Wrong input has to change, and then this draft could not be resumed: leave nothing. After anything else the work done is kept,
      // and so is what has checkpoints: an input that only turned bad while they were made may be put right again.
      if (!draft.resumed && !existsSync(join(draft.dir, SCRATCH)) && (error instanceof DataError || error instanceof UsageError))
        discard(draft.dir);
      else if (readdirSync(draft.dir).length <= 1) discard(draft.dir);
      throw error;
    }
    // What came through a pipe is known now.
    const inputs = work.inputs.map((input, i) =>
      isPipe(input.path) && typeof spec.inputs[i] === "string" ? fileEntry(input.path, input.path) : input,
    );
    const manifest = seal(draft, { ...work, inputs });
    publish(output);
    return { status: "written", dir: output, manifest, result };
  } finally {
    release();
  }
}

/** The manifest when the output is there and is this very work; an error when it is there and must stay. */
function settled(output: string, work: Manifest, spec: ArtifactSpec): Manifest | undefined {
  if (!existsSync(output)) return undefined;
  if (!statSync(output).isDirectory()) throw new UsageError(`${spec.output} is a file; choose another --output`);
  if (readdirSync(output).length === 0) return undefined;
  if (!existsSync(join(output, MANIFEST))) {
    throw new UsageError(`${spec.output} is not empty and was not made by uniconv (it has no ${MANIFEST}); choose another --output`);
  }
  const found = readManifest(output);
  const kind = found.format.replace(/^uniconv\/|@.*$/g, "");
  if (kind !== spec.kind)
    throw new UsageError(`${spec.output} holds another artifact (${kind}, not ${spec.kind}); choose another --output`);
  const changed = differences(found, work, spec.overwrite ? "and versions" : "work");
  if (changed.length > 0 && spec.overwrite) return undefined;
  if (changed.length > 0) {
    throw new UsageError(
      `${spec.output} was made by other work (${changed.join("; ")}); choose another --output, or replace it with --overwrite`,
    );
  }
  try {
    verifyFiles(output, found);
  } catch (error) {
    if (spec.overwrite) return undefined;
    throw error instanceof DataError ? new DataError(`${error.message}; make it again with --overwrite`, {}, { cause: error }) : error;
  }
  return found;
}
