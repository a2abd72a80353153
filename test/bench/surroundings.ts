/** @file What may or may not be on this machine: the peers' Python and the real datasets. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/util/package-root.ts";

/** The first Python that has the peers' packages: the one named, `UNICONV_BENCH_PYTHON`, or `python3`. */
export function findPython(named: string | undefined): string | null {
  const candidates = named === undefined ? [process.env["UNICONV_BENCH_PYTHON"], "python3"] : [named];
  const works = (python: string): boolean => spawnSync(python, ["-c", "import onnx, safetensors, numpy"]).status === 0;
  const found = candidates.find((python) => python !== undefined && works(python));
  if (found === undefined && named !== undefined) throw new Error(`${named} lacks the packages of test/bench/peers/requirements.txt`);
  return found ?? null;
}

export function findData(): string | null {
  const folder = process.env["UNICONV_TEST_DATA"] ?? join(packageRoot(), "../shared/data");
  return existsSync(folder) ? folder : null;
}
