/** @file The packed tarball, installed in an empty folder, runs the quickstart and lets its schemas be imported. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/util/package-root.ts";
import { tempDir } from "../helpers/temp.ts";

function run(command: string, args: string[], cwd: string): string {
  // What a person without a GPU is told to set: onnxruntime-node would otherwise download CUDA libraries.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  expect(status, `${command} ${args.join(" ")}\n${stderr}`).toBe(0);
  return stdout;
}

it("installs from the tarball alone and runs every stage", { timeout: 10 * 60_000 }, () => {
  const folder = tempDir();
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], packageRoot())) as [
    { filename: string; files: { path: string }[] },
  ];
  const paths = packed.files.map(({ path }) => path);
  expect(paths.filter((path) => path.startsWith("test/") || path.endsWith(".test.js"))).toEqual([]);

  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  run("npm", ["install", "--no-audit", "--no-fund", join(folder, packed.filename)], folder);
  const uniconv = join(folder, "node_modules", ".bin", "uniconv");
  const printed = run(uniconv, ["quickstart", "--max-steps", "2", "--output", "out", "-q"], folder);
  for (const row of ["BM25", "untrained", "trained", "nDCG@3", "R@10", "F1"]) expect(printed).toContain(row);
  expect(
    run(
      process.execPath,
      ["-e", 'const { Turn } = await import("uniconv/schema"); console.log(typeof Turn.parse)', "--input-type=module"],
      folder,
    ).trim(),
  ).toBe("function");
});
