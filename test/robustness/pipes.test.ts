/** @file Standard input in the place of a file: read to its end, hashed as it passes, never taken for what was piped before. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { datasetFolder } from "../../datasets/registry.ts";
import { BIN } from "../cli/run-cli.ts";
import { tempDir } from "../helpers/temp.ts";

const root = tempDir();
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const turns = lines([{ conversation: "c", turn: 1, question: "who?", gold: ["p1"], split: "test" }]);
// More than what is kept of a pipe's beginning.
const passages = lines(Array.from({ length: 4000 }, (_, i) => ({ id: `p${i}`, title: "", text: "word ".repeat(80) })));
const ranking = (passage: string) => lines([{ turn: "c_1", passages: [{ id: passage, score: 1 }] }]);
const own = ["prepare-data", "--dataset", "jsonl", "--input", "turns.jsonl"];

function cli(args: readonly string[], input: string | Uint8Array) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { cwd: root, input, encoding: "utf8" });
  return { status, stdout, stderr };
}

beforeAll(() => {
  writeFileSync(join(root, "turns.jsonl"), turns);
  expect(cli([...own, "--collection", "-", "--output", "prepared"], passages)).toMatchObject({ status: 0 });
});

describe("standard input", () => {
  test("gives the same passages as a file, and its hash to the manifest", () => {
    expect(readFileSync(join(root, "prepared/passages.jsonl"), "utf8")).toBe(passages);
    const { inputs } = JSON.parse(readFileSync(join(root, "prepared/manifest.json"), "utf8")) as { inputs: object[] };
    expect(inputs[1]).toEqual({ path: "-", sha256: createHash("sha256").update(passages).digest("hex"), bytes: passages.length });
  });

  test("is looked into and then read from its beginning", () => {
    const sample = readFileSync(join(datasetFolder("inscit"), "sample", "dev.json"));
    const prepare = ["prepare-data", "--dataset", "inscit", "--input", "-", "--split", "dev", "--output", "inscit"];
    expect(cli(prepare, sample)).toMatchObject({ status: 0, stdout: expect.stringContaining("6 turns") as string });
  });

  test("holds a run of either form, and another run is other work", () => {
    const evaluate = ["evaluate", "--input", "prepared", "--metric", "RR", "--run", "-", "--output", "scores"];
    expect(cli(evaluate, ranking("p1"))).toMatchObject({ status: 0, stdout: expect.stringMatching(/stdin +100\.0/) as string });
    expect(cli(evaluate, ranking("p2"))).toMatchObject({ status: 2, stderr: expect.stringContaining("changed input -") as string });
    expect(cli([...evaluate, "--overwrite"], "c_1 Q0 p2 1 1 t\n")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/stdin +0\.0/) as string,
    });
  });

  test("cannot be two inputs, nor be read twice when it is long", () => {
    const both = cli(["evaluate", "--qrels", "-", "--run", "-"], "");
    expect(both).toMatchObject({ status: 2, stderr: expect.stringContaining("can be read only once") as string });
    const prepare = cli(["prepare-data", "--dataset", "jsonl", "--input", "-", "--collection", "-", "--output", "x"], "");
    expect(prepare).toMatchObject({ status: 2, stderr: expect.stringContaining("can be read only once") as string });
    const twice = [
      "prepare-data",
      "--dataset",
      "trec",
      "--input",
      "/dev/stdin",
      "--split-conversations",
      "train=1,test=1",
      "--output",
      "dealt",
    ];
    writeFileSync(join(root, "long.tsv"), Array.from({ length: 200_000 }, (_, i) => `${i}\twho?\n`).join(""));
    // A shell's pipe: what this process would hand over is a socket, which has no file to open.
    const { status, stderr } = spawnSync("sh", ["-c", 'cat long.tsv | "$@"', "sh", process.execPath, BIN, ...twice], {
      cwd: root,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([3, expect.stringMatching(/\/dev\/stdin: comes from a pipe, which cannot be read twice/)]);
    expect(existsSync(join(root, "dealt"))).toBe(false);
  });
});
