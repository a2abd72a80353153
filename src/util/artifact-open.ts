/** @file Opens an artifact: its manifest is checked at once, each file when it is asked for. */
import { existsSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { type ArtifactKind, type FileEntry, Manifest } from "../schema/manifest.ts";
import { FORMAT_VERSION } from "./artifact-work.ts";
import { DataError } from "./errors.ts";
import { readJson } from "./files.ts";
import { sha256File } from "./hash.ts";
import { inputError } from "./io-errors.ts";
import { explain } from "./jsonl.ts";

export const MANIFEST = "manifest.json";

/** The command to run where another artifact was given. */
const MAKERS: Record<ArtifactKind, string> = {
  prepared: "prepare-data",
  model: "train or init-model",
  index: "build-index",
  run: "retrieve or fuse",
  responses: "generate",
  evaluation: "evaluate --output",
  suite: "evaluate --suite --output",
  report: "report",
};

export interface Artifact {
  dir: string;
  manifest: Manifest;
  /** The path of a file that the manifest lists, after its bytes were verified. Throws `DataError` otherwise. */
  path(name: string): string;
  has(name: string): boolean;
}

export async function openArtifact(dir: string, kind: ArtifactKind): Promise<Artifact> {
  const manifest = readManifest(dir);
  const [found, version] = manifest.format.replace("uniconv/", "").split("@");
  if (found !== kind) throw new DataError(`holds the artifact "${found}", expected "${kind}", which ${MAKERS[kind]} makes`, { file: dir });
  if (Number(version) !== FORMAT_VERSION) {
    throw new DataError(`has format version ${version}, this uniconv reads ${FORMAT_VERSION}; make it again`, { file: dir });
  }
  const files = new Map(manifest.files.map((entry) => [entry.path, entry]));
  return {
    dir,
    manifest,
    has: (name) => files.has(name),
    path(name) {
      const entry = files.get(name);
      if (entry === undefined) throw new DataError(`has no ${name} (it has ${[...files.keys()].join(", ") || "no files"})`, { file: dir });
      return verifyFile(dir, entry);
    },
  };
}

export function readManifest(dir: string, name = MANIFEST): Manifest {
  const file = join(dir, name);
  if (!existsSync(file)) {
    if (!existsSync(dir)) {
      const partial = existsSync(`${resolve(dir)}.partial`) ? `; ${dir}.partial is there: finish it with --resume` : "";
      throw new DataError(`no such directory${partial}`, { file: dir });
    }
    throw new DataError(`is no artifact of uniconv: it has no ${MANIFEST}`, { file: dir });
  }
  const result = Manifest.safeParse(readJson(file));
  if (!result.success) throw new DataError(explain(result.error.issues), { file });
  const outside = result.data.files.find(({ path }) => isAbsolute(path) || path.split(/[/\\]/).includes(".."));
  if (outside !== undefined) throw new DataError(`lists ${outside.path}, which lies outside the artifact`, { file });
  return result.data;
}

export function verifyFiles(dir: string, manifest: Manifest): void {
  for (const entry of manifest.files) verifyFile(dir, entry);
}

/** Files that were verified and have not been touched since: path → device, inode, size and time. */
const verified = new Map<string, string>();

function verifyFile(dir: string, entry: FileEntry): string {
  const path = join(dir, entry.path);
  const stamp = stampOf(path);
  const key = `${resolve(path)}:${entry.sha256}`;
  if (verified.get(key) === stamp) return path;
  const bytes = statSync(path).size;
  if (bytes !== entry.bytes)
    throw new DataError(`has ${bytes} bytes, its manifest says ${entry.bytes}: damaged or changed by hand`, { file: path });
  if (sha256File(path) !== entry.sha256)
    throw new DataError("its sha256 is not the manifest's: damaged or changed by hand", { file: path });
  verified.set(key, stamp);
  return path;
}

function stampOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join(":");
  } catch (error) {
    throw inputError(error, path);
  }
}
