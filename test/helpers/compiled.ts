/** @file Compiled modules for child processes: Node 20 cannot run the sources themselves. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
let fresh = false;

/** The path in dist of `src/…ts`, built first when any source is newer (`npm test` has built it already). */
export function compiled(source: string): string {
  const target = join(ROOT, "dist", source.replace(/\.ts$/, ".js"));
  fresh ||= existsSync(target) && newestSource() <= statSync(join(ROOT, "dist/.tsbuildinfo")).mtimeMs;
  if (!fresh) {
    const tsc = spawnSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", join(ROOT, "tsconfig.build.json")], {
      encoding: "utf8",
    });
    if (!existsSync(target)) throw new Error(`could not build ${source}: ${tsc.stdout}${tsc.stderr}`);
    fresh = true;
  }
  return target;
}

function newestSource(): number {
  return Math.max(
    ...["src", "datasets", "eval"]
      .filter((folder) => existsSync(join(ROOT, folder)))
      .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.name.endsWith(".ts"))
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}
