/** @file Preparing TopiOCQA train (54 MB of JSON, strict checks) against JSON.parse of the same file. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/util/package-root.ts";
import { type Bench, median, megabytes, type Row, seconds, type Settings } from "../bench.ts";
import { alternate, runProgram } from "../processes.ts";

const PARSE = `JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"))`;

export const prepare: Bench = {
  title: "prepare-data of TopiOCQA train",
  async run(settings): Promise<Row[]> {
    const input = extract(settings);
    if (input === null) return [{ what: "skipped", value: "topiocqa/topiocqa.zip (UNICONV_TEST_DATA) or unzip is not here" }];
    const output = join(settings.folder, "prepared");
    const { parse, ours } = await alternate(settings.rounds, {
      parse: () => runProgram(process.execPath, ["-e", PARSE, input]),
      ours: async () => {
        rmSync(output, { recursive: true, force: true });
        const args = ["prepare-data", "--dataset", "topiocqa", "--input", input, "--output", output, "-q"];
        return runProgram(process.execPath, [join(packageRoot(), "bin/uniconv.js"), ...args]);
      },
    });
    const ratio = (what: "seconds" | "cpuSeconds"): number => median(ours.map((run, round) => run[what] / parse[round]![what]));
    const peak = Math.max(...ours.map((run) => run.peakMb));
    return [
      { what: "node: JSON.parse of the file", value: seconds(median(parse.map((run) => run.seconds))) },
      {
        what: "uniconv prepare-data (ratio: of that, by the clock)",
        value: seconds(median(ours.map((run) => run.seconds))),
        ratio: ratio("seconds"),
        goal: { most: 3 },
      },
      { what: "  (by CPU time, both of its threads)", value: "", ratio: ratio("cpuSeconds") },
      { what: "  peak memory (ratio: of 1.5 GB)", value: megabytes(peak), ratio: peak / 1500, goal: { most: 1 } },
    ];
  },
};

function extract({ folder, data }: Settings): string | null {
  const file = join(folder, "topiocqa_train.json");
  if (existsSync(file)) return file;
  if (data === null) return null;
  const { status, stdout } = spawnSync("unzip", ["-p", join(data, "topiocqa/topiocqa.zip"), "topiocqa_train.json"], { maxBuffer: 2 ** 28 });
  if (status !== 0) return null;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, stdout);
  return file;
}
