/** @file Removes from dist what has no source any more: commands, datasets and metrics are found by the files that are there. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const outputs = existsSync(join(root, "dist")) ? readdirSync(join(root, "dist"), { recursive: true }) : [];

for (const path of outputs) {
  const source = path.replace(/\.(d\.ts|js)$/, ".ts");
  if (source !== path && !existsSync(join(root, source))) rmSync(join(root, "dist", path), { force: true });
}
