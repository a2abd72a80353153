/** @file The packed tarball, installed in an empty folder, runs the quickstart and lets its schemas be imported. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
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
  checkAsCiDoes(uniconv, folder);
  expect(paths).toContain("eval/suites/quickstart.json");
  checkSuiteAsCiDoes(uniconv, folder);
});

/** The steps of docs/ci.md. */
function checkAsCiDoes(uniconv: string, cwd: string): void {
  const summary = join(cwd, "summary.md");
  const exit = (...args: string[]) => {
    const env = { ...process.env, GITHUB_STEP_SUMMARY: summary };
    const { status, stdout, stderr } = spawnSync(uniconv, args, { cwd, env, encoding: "utf8" });
    return { status, stdout, stderr };
  };
  const evaluate = ["evaluate", "--input", "out/prepared", "--run", "bm25=out/run-bm25", "--bootstrap", "0"];
  const reports = ["--report", "junit=ci/junit.xml", "--report", "html=ci/report.html", "--report", "github"];
  const passed = exit(...evaluate, ...reports, "--fail-under", "R@10=0.01", "--output", "scores");
  expect(passed).toMatchObject({ status: 0 });
  expect(readFileSync(join(cwd, "ci/junit.xml"), "utf8")).toContain('failures="0"');
  expect(readFileSync(join(cwd, "ci/report.html"), "utf8")).toContain("<!doctype html>");
  const failed = exit(...evaluate, ...reports, "--fail-under", "R@10=0.999");
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.stdout).toMatch(/^::error title=evaluation::bm25: R@10 is /m);
  expect(readFileSync(join(cwd, "ci/junit.xml"), "utf8")).toContain('failures="1"');
  expect(readFileSync(summary, "utf8")).toContain("| bm25 |");
  expect(exit("compare", "scores", "scores", "--max-drop", "R@10=0")).toMatchObject({ status: 0 });
  expect(exit(...evaluate, "--fail-under", "R@10=40")).toMatchObject({ status: 2 });
  expect(exit("evaluate", "--input", "out/prepared", "--run", "package.json")).toMatchObject({ status: 3 });
}

/** The suite of docs/ci.md, with what the quickstart made in the place of both datasets. */
function checkSuiteAsCiDoes(uniconv: string, cwd: string): void {
  const [, text] = /```json\n(.*?)```/s.exec(readFileSync(join(packageRoot(), "docs/ci.md"), "utf8"))!;
  const suite = JSON.parse(text!) as { systems: string[]; defaults: { run: string; metric: string[] }; datasets: object[] };
  suite.datasets[0] = { dataset: "quickstart", name: "again" };
  writeFileSync(join(cwd, "nightly.json"), JSON.stringify(suite));
  mkdirSync(join(cwd, "data"));
  for (const name of ["again", "quickstart"]) symlinkSync(join(cwd, "out"), join(cwd, "data", name));
  const exit = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(uniconv, args, { cwd, encoding: "utf8" });
    return { status, stdout, stderr };
  };
  const evaluate = ["evaluate", "--suite", "nightly.json", "--root", "data", "--bootstrap", "0", "--permutations", "0"];
  // A model of two steps reaches no floor.
  const failed = exit(...evaluate, "--report", "junit=suite.xml", "--report", "github", "--output", "suite-scores");
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.stdout).toMatch(/^::error title=evaluation::quickstart: trained: F1 is 0\.\d{4}, at least 0\.2 was asked for$/m);
  expect(readFileSync(join(cwd, "suite.xml"), "utf8")).toContain(
    '<testcase classname="quickstart.trained" name="F1 is at least 0.2"><failure',
  );
  const lenient = ["--fail-under", "R@10=0", "--fail-under", "quickstart:F1=0"];
  expect(exit(...evaluate, ...lenient)).toMatchObject({ status: 0 });
  expect(exit("compare", "suite-scores", "suite-scores", "--max-drop", "nDCG@3=0")).toMatchObject({ status: 0 });
  expect(exit("evaluate", "--suite", "uniconv-2507.07030", "--root", "data", "--system", "trained")).toMatchObject({ status: 3 });
  expect(exit("evaluate", "--suite", "quickstart", "--root", "out", "--fail-under", "nDCG@3=40")).toMatchObject({ status: 2 });
}
