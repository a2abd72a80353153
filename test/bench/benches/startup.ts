/** @file How long `uniconv --help` takes. */
import { join } from "node:path";
import { packageRoot } from "../../../src/util/package-root.ts";
import { type Bench, median, seconds } from "../bench.ts";
import { alternate, runProgram } from "../processes.ts";

const RUNS = 11;

export const startup: Bench = {
  title: "the command line's start",
  async run() {
    // Without the peak's hook: it would be part of the time.
    const time = async (...args: string[]): Promise<number> => (await runProgram(process.execPath, args, { NODE_OPTIONS: "" })).seconds;
    const cli = join(packageRoot(), "bin/uniconv.js");
    const { node, help } = await alternate(RUNS, { node: () => time("-e", "0"), help: () => time(cli, "--help") });
    return [
      { what: "node -e 0", value: seconds(median(node)) },
      { what: "uniconv --help (ratio: of 0.25 s)", value: seconds(median(help)), ratio: median(help) / 0.25, goal: { most: 1 } },
    ];
  },
};
