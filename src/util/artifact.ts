/**
 * @file An artifact is a directory that is whole or invisible: it is written as `<output>.partial`, sealed by manifest.json and renamed.
 * Written again with the same inputs and options it is "done"; nothing else ever replaces it without `overwrite`.
 */
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Manifest } from "../schema/manifest.ts";
import { discard, type Draft, openDraft, publish, repair, SCRATCH, seal } from "./artifact-draft.ts";
import { MANIFEST, readManifest, verifyFiles } from "./artifact-open.ts";
import { type ArtifactSpec, describeWork, differences, fileEntry } from "./artifact-work.ts";
import { DataError, UsageError } from "./errors.ts";
import { makeFolder } from "./files.ts";
import { lock } from "./lock.ts";
import { isPipe } from "./pipe.ts";

export { type Draft, EVENTS, SCRATCH } from "./artifact-draft.ts";
export { type Artifact, openArtifact } from "./artifact-open.ts";
export type { ArtifactSpec } from "./artifact-work.ts";

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
