/** @file `validate` through the command line: whole artifacts, damaged ones, single files, dataset files. */
import { appendFileSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { datasetFolder } from "../../datasets/registry.ts";
import { runCli } from "./run-cli.ts";

const root = mkdtempSync(join(tmpdir(), "uniconv-validate-"));
const prepared = join(root, "prepared");
beforeAll(async () => {
  const { code } = await runCli(["prepare-data", "--dataset", "quickstart", "--output", prepared, "-q"]);
  expect(code).toBe(0);
});

async function validate(...args: string[]) {
  const { stdout, stderr, code } = await runCli(["validate", "--json", ...args]);
  const line = stdout === "" ? undefined : (JSON.parse(stdout) as { result: { valid: boolean; problems: string[]; found: number } });
  return { code, stderr, ...line?.result };
}

/** A copy of the prepared folder, changed. */
function changed(name: string, change: (dir: string) => void): string {
  const dir = join(root, name);
  cpSync(prepared, dir, { recursive: true });
  change(dir);
  return dir;
}

describe("validate", () => {
  test("finds nothing wrong with what was just made", async () => {
    expect(await validate(prepared)).toMatchObject({ code: 0, valid: true, found: 0 });
    const { stdout } = await runCli(["validate", prepared]);
    expect(stdout).toMatch(/uniconv\/prepared@\d/);
    expect(stdout).toMatch(/turns\.jsonl: turns, \d+ good records/);
    expect(stdout).toContain("Nothing is wrong.");
  });

  test("lists every bad line of every file, with its place, beside the broken seal", async () => {
    const dir = changed("bad-lines", (folder) => {
      appendFileSync(join(folder, "turns.jsonl"), '{"id": 1}\nnot json\n');
      const [first] = readFileSync(join(folder, "passages.jsonl"), "utf8").split("\n");
      appendFileSync(join(folder, "passages.jsonl"), `${first}\n`);
      appendFileSync(join(folder, "qrels.tsv"), "a\t0\tp\tx\nb\t0\n");
    });
    const { code, problems, found } = await validate(dir);
    expect(code).toBe(1);
    const all = problems!.join("\n");
    expect(all).toMatch(/turns\.jsonl: has \d+ bytes, its manifest says/);
    expect(all).toMatch(/turns\.jsonl:\d+: id: /);
    expect(all).toMatch(/turns\.jsonl:\d+: byte 2: expected 'null'/);
    expect(all).toMatch(/passages\.jsonl:201: the id ".*" is in line 1 already/);
    expect(all).toMatch(/qrels\.tsv:\d+: grade "x" is not a whole number/);
    expect(all).toMatch(/qrels\.tsv:\d+: has 2 columns/);
    expect(found).toBe(problems!.length);
    const few = await validate(dir, "--max-problems", "2");
    expect([few.problems!.length, few.found]).toEqual([2, found]);
  });

  test("sees one changed byte that leaves the lines well formed", async () => {
    const dir = changed("one-byte", (folder) => {
      const file = join(folder, "turns.jsonl");
      writeFileSync(file, readFileSync(file, "utf8").replace("film", "film".toUpperCase()));
    });
    const { code, problems } = await validate(dir);
    expect([code, problems]).toEqual([1, [expect.stringContaining("its sha256 is not the manifest's")]]);
  });

  test("takes a file by its name or by --as, and says when it cannot tell", async () => {
    const file = join(root, "mine.txt");
    writeFileSync(file, "t1 Q0 p1 1 0.5 x\nt1 Q0 p2 2\n");
    const run = await validate(file, "--as", "run");
    expect([run.code, run.problems![0]]).toEqual([1, expect.stringMatching(/mine\.txt:2: /)]);
    expect(await validate(file)).toMatchObject({ code: 2, stderr: expect.stringContaining("give --as or --dataset") as string });
    expect(await validate(join(root, "absent"))).toMatchObject({ code: 3 });
  });

  test("reads a dataset's files as prepare-data would", async () => {
    const sample = join(datasetFolder("inscit"), "sample", "dev.json");
    expect(await validate("--dataset", "inscit", sample)).toMatchObject({ code: 0, valid: true });
    const { code, problems } = await validate("--dataset", "topiocqa", sample);
    expect([code, problems]).toEqual([1, [expect.stringContaining("Is it a file of another --dataset?")]]);
  });
});
