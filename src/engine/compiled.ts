/** @file The compiled module behind a source: a child process runs plain Node, and Node 20 does not run TypeScript. */
import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { packageRoot } from "../util/package-root.ts";

/** Accepts `new URL("./job.ts", import.meta.url)` from sources and from dist alike; a JavaScript module stays as it is. */
export function compiled(module: URL): URL {
  const path = fileURLToPath(module);
  if (!path.endsWith(".ts")) return module;
  const inside = relative(packageRoot(), path).replace(/\.ts$/, ".js");
  const target = join(packageRoot(), inside.startsWith(`dist${sep}`) ? inside : join("dist", inside));
  if (!existsSync(target)) throw new Error(`${target} is not built; run: npm run build`);
  return pathToFileURL(target);
}
