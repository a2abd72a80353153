/** @file Where the loader would find a shared library: the caller's own path, LD_LIBRARY_PATH, the loader's cache, the system's folders. */
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { readDynamic } from "./elf.ts";

export interface FoundLibrary {
  path: string;
  /** How the loader comes to it. */
  by: "runpath" | "LD_LIBRARY_PATH" | "ldconfig" | "system folder";
}

export interface LibrarySearch {
  /** Value of LD_LIBRARY_PATH when the process started; later changes are not seen by the loader. */
  ldLibraryPath?: string | undefined;
  /** name → path, as `ldconfig -p` lists them. */
  cache: ReadonlyMap<string, string>;
  systemFolders: readonly string[];
}

const SYSTEM_FOLDERS = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];

export function systemSearch(environment: NodeJS.ProcessEnv = process.env): LibrarySearch {
  return { ldLibraryPath: environment["LD_LIBRARY_PATH"], cache: loaderCache(), systemFolders: SYSTEM_FOLDERS };
}

/** The first library of that name which is a library: an empty file or a text is passed over, as the loader does. */
export function findLibrary(name: string, search: LibrarySearch, runpath: readonly string[] = []): FoundLibrary | null {
  const folders = (search.ldLibraryPath ?? "").split(/[:;]/).filter((folder) => folder !== "");
  const candidates: FoundLibrary[] = [
    ...folders.map((folder) => ({ path: join(folder, name), by: "LD_LIBRARY_PATH" as const })),
    ...runpath.map((folder) => ({ path: join(folder, name), by: "runpath" as const })),
    ...[search.cache.get(name) ?? []].flat().map((path) => ({ path, by: "ldconfig" as const })),
    ...search.systemFolders.map((folder) => ({ path: join(folder, name), by: "system folder" as const })),
  ];
  return candidates.find(({ path }) => isLibrary(path)) ?? null;
}

export interface Needs {
  /** Every library named in DT_NEEDED, in its order. */
  libraries: { name: string; found: FoundLibrary | null }[];
  runpath: string[];
}

/** What a library needs and where each would come from; null where the file is no ELF library. */
export function needsOf(file: string, search: LibrarySearch): Needs | null {
  const dynamic = existsSync(file) ? readDynamic(file) : null;
  if (!dynamic) return null;
  const origin = dirname(realpathSync(file));
  const runpath = dynamic.runpath.map((path) => path.replace(/\$ORIGIN|\$\{ORIGIN\}/g, origin)).filter(isAbsolute);
  return { libraries: dynamic.needed.map((name) => ({ name, found: findLibrary(name, search, runpath) })), runpath };
}

/** Lines of `ldconfig -p`: `libc.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libc.so.6`. The first line of a name counts. */
export function readLoaderCache(listing: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of listing.split("\n")) {
    const [, name, kind, path] = /^\s*(\S+) \(([^)]*)\) => (\S+)$/.exec(line) ?? [];
    if (name !== undefined && /x86-64|AArch64/.test(kind!) && !found.has(name)) found.set(name, path!);
  }
  return found;
}

function loaderCache(): Map<string, string> {
  if (process.platform !== "linux") return new Map();
  // Not on every user's PATH.
  for (const command of ["ldconfig", "/sbin/ldconfig", "/usr/sbin/ldconfig"]) {
    const { status, stdout } = spawnSync(command, ["-p"], { encoding: "utf8" });
    if (status === 0) return readLoaderCache(stdout);
  }
  return new Map();
}

function isLibrary(path: string): boolean {
  try {
    return existsSync(path) && readDynamic(path) !== null;
  } catch {
    return false;
  }
}

/** libcublas.so.12 → libcublas, 12 */
export function nameAndMajor(library: string): { name: string; major: number | null } {
  const [, name, major] = /^(.+?)\.so(?:\.(\d+))?/.exec(basename(library)) ?? [];
  return { name: name ?? library, major: major === undefined ? null : Number(major) };
}
