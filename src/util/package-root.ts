/** @file Where the package lies: data files are found from here, since compiled code lies deeper (dist/src) than its source. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

let found: string | undefined;

/** The nearest directory above this module with a package.json. */
export function packageRoot(): string {
  if (found !== undefined) return found;
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, "package.json"))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`no package.json above ${import.meta.dirname}`);
    directory = parent;
  }
  return (found = directory);
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string }).version;
}
