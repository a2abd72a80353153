/** @file Artifacts under kill -9 at any moment: whole or invisible, and repaired. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, test } from "vitest";
import { type ArtifactSpec, openArtifact } from "../../src/util/artifact.ts";
import { Rng } from "../../src/util/rng.ts";
import { compiled } from "../helpers/compiled.ts";
import { tempDir } from "../helpers/temp.ts";

const CHILD = resolve(import.meta.dirname, "../helpers/artifact-child.mjs");

interface Job {
  spec: ArtifactSpec;
  rows: number;
  pace?: number;
  fault?: { kind: "kill" | "fail" | "full"; at: number };
}

interface Outcome {
  status?: string;
  error?: string;
  exitCode?: number;
  message?: string;
  operations: number;
}

let modules: string;
let input: string;

beforeAll(() => {
  modules = dirname(compiled("src/util/artifact.ts"));
  input = join(tempDir(), "input.jsonl");
  writeFileSync(input, '{"id":"1"}\n');
});

function specIn(dir: string, change: Partial<ArtifactSpec> = {}): ArtifactSpec {
  return {
    output: join(dir, "out"),
    kind: "run",
    command: "retrieve",
    options: {},
    seed: 1,
    inputs: [input],
    resume: false,
    overwrite: false,
    ...change,
  };
}

/** The jobs in one process; what it said of those it lived to finish. `killAfter` counts from the first sign of work. */
async function run(jobs: Job[], killAfter?: number): Promise<Outcome[]> {
  const child = spawn(process.execPath, [CHILD, modules], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(jobs));
  if (killAfter !== undefined) child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), killAfter));
  const [said] = await Promise.all([text(child.stdout), once(child, "close")]);
  return said
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Outcome);
}

/** Every file by name and content. */
function snapshot(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [join(parentPath, name).slice(dir.length), readFileSync(join(parentPath, name), "utf8")]),
  );
}

/** The seed of the artifact that is there; fails when it is there in part. */
async function wholeOrInvisible(output: string): Promise<number | undefined> {
  if (!existsSync(output)) return undefined;
  const artifact = await openArtifact(output, "run");
  for (const { path } of artifact.manifest.files) artifact.path(path);
  return artifact.manifest.seed;
}

/** Runs each job again, undisturbed, and finds the wanted bytes and nothing beside them. */
async function expectRepaired(jobs: Job[], wanted: Record<string, string>): Promise<void> {
  const outcomes = await run(jobs.map(({ spec, rows }) => ({ spec: { ...spec, resume: true }, rows })));
  for (const [i, { spec }] of jobs.entries()) {
    expect(outcomes[i]!.status, `job ${i}: ${outcomes[i]!.message}`).toMatch(/^(done|written)$/);
    expect(snapshot(spec.output)).toEqual(wanted);
    expect(readdirSync(dirname(spec.output))).toEqual(["out"]);
  }
}

test("killed with -9 at 20 random moments, the output is whole or invisible, and the next run gives the same bytes", async () => {
  const rows = 1500;
  const undisturbed = specIn(tempDir());
  expect((await run([{ spec: undisturbed, rows }]))[0]!.status).toBe("written");
  const rng = Rng.of(20, "kill");
  const jobs = Array.from({ length: 20 }, (): Job => ({ spec: specIn(tempDir()), rows, pace: 25 }));
  let unfinished = 0;
  for (const job of jobs) {
    await run([job], rng.uniform() * 150);
    if ((await wholeOrInvisible(job.spec.output)) === undefined) unfinished++;
  }
  expect(unfinished).toBeGreaterThan(5);
  await expectRepaired(jobs, snapshot(undisturbed.output));
}, 300_000);

describe("while an old output is replaced, at every single file operation", () => {
  const rows = 3;
  let old: ArtifactSpec;
  let operations: number;
  let wanted: Record<string, string>;

  const replacing = (fault?: Job["fault"]): Job => {
    const dir = tempDir();
    cpSync(old.output, join(dir, "out"), { recursive: true });
    // Something else was begun there and never finished.
    cpSync(old.output, join(dir, "out.partial"), { recursive: true });
    renameSync(join(dir, "out.partial/manifest.json"), join(dir, "out.partial/draft.json"));
    return { spec: specIn(dir, { seed: 2, overwrite: true }), rows, ...(fault === undefined ? {} : { fault }) };
  };
  const atEach = (kind: "kill" | "fail" | "full") => Array.from({ length: operations }, (_, i) => replacing({ kind, at: i + 1 }));

  beforeAll(async () => {
    old = specIn(tempDir());
    await run([{ spec: old, rows }]);
    const job = replacing();
    operations = (await run([job]))[0]!.operations;
    wanted = snapshot(job.spec.output);
    expect(operations).toBeGreaterThan(20);
  });

  test("a kill leaves the old output or the new one, or the next run brings one back", async () => {
    const jobs = atEach("kill");
    const seen: (number | undefined)[] = [];
    for (const job of jobs) {
      expect(await run([job])).toEqual([]);
      seen.push(await wholeOrInvisible(job.spec.output));
    }
    expect(new Set(seen)).toEqual(new Set([1, 2, undefined]));
    await expectRepaired(jobs, wanted);
  }, 300_000);

  test.each(["fail", "full"] as const)(
    "a refusal (%s) is exit 4 with the path; the old output or the new one stays",
    async (kind) => {
      const jobs = atEach(kind);
      const outcomes = await run(jobs);
      for (const [i, { spec }] of jobs.entries()) {
        const { message, ...outcome } = outcomes[i]!;
        if (kind === "full" && outcome.status === "written") {
          expect(i).toBeGreaterThan(operations * 0.8); // What is left to do then is deleting, which a full disk allows.
          continue;
        }
        expect(outcome, message).toMatchObject({ error: "IoError", exitCode: 4 });
        expect(message).toMatch(/^\/.*uniconv-test-.*: cannot .*: no space left on the device/);
        // Where no rename works any more, the old output can only wait for the repair; the message says where.
        if (!message!.includes("put the old output back from")) expect([1, 2]).toContain(await wholeOrInvisible(spec.output));
      }
      await expectRepaired(jobs, wanted);
    },
    120_000,
  );
});
