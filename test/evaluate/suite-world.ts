/** @file Two small datasets with two systems, as a suite finds them below --root, and `evaluate --suite` over them. */
import { cpSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { evaluateSuite, type SuiteResult } from "../../src/evaluate/suite/evaluate-suite.ts";
import { EvaluateOptions } from "../../src/schema/options/evaluate.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { prepared, responses, root, run } from "./world.ts";

let made = 0;

/** A new folder below the tests' own. */
export function folder(): string {
  const dir = join(root, `suite${made++}`);
  mkdirSync(dir);
  return dir;
}

/** Moves an artifact to its place. */
export async function put(artifact: Promise<string>, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  renameSync(await artifact, path);
}

/** What the suite of `suiteFile` asks for: topiocqa and qrecc, three test turns each, two of them judged and with references. */
export async function world(): Promise<string> {
  const dir = folder();
  // Made once: artifacts are fsynced.
  cpSync(await (template ??= makeWorld()), dir, { recursive: true });
  return dir;
}

let template: Promise<string> | undefined;

async function makeWorld(): Promise<string> {
  const dir = folder();
  for (const dataset of ["topiocqa", "qrecc"]) await put(prepared({ options: { dataset } }), join(dir, dataset, "prepared"));
  const good = { a: ["p1"], b: ["p2", "p3"] };
  const poor = { a: ["p9", "p1"], b: ["p9"] };
  await put(run(good), join(dir, "topiocqa/good/run"));
  await put(run(poor), join(dir, "topiocqa/poor/run"));
  await put(run(good), join(dir, "qrecc/good/run"));
  await put(run({ a: ["p1"], b: ["p9"] }), join(dir, "qrecc/poor/run"));
  await put(responses({ a: "a cat", b: "two birds" }), join(dir, "topiocqa/good/responses"));
  await put(responses({ a: "a cat", b: "x" }), join(dir, "topiocqa/poor/responses"));
  return dir;
}

const SUITE = {
  name: "two",
  description: "Two small datasets",
  source: "made up",
  licence: "none",
  systems: ["good", "poor"],
  defaults: { input: "{dataset}/prepared", run: "{dataset}/{system}/run", responses: "{dataset}/{system}/responses", split: "test" },
  datasets: [
    { dataset: "topiocqa", turns: 3, judged: 2, metric: ["nDCG@3", "F1"] },
    { dataset: "qrecc", turns: 3, judged: 2, metric: ["nDCG@3"] },
  ],
};

/** The suite, changed: `datasets` gives each dataset what it has besides. */
export function suiteFile(change: Record<string, unknown> = {}, datasets: Record<string, unknown>[] = []): string {
  const file = join(folder(), "two.json");
  const all = SUITE.datasets.map((dataset, at) => ({ ...dataset, ...datasets[at] }));
  writeFileSync(file, JSON.stringify({ ...SUITE, datasets: all, ...change }, null, 1));
  return file;
}

export async function check(options: Record<string, unknown>): Promise<SuiteResult & { said: string[] }> {
  const said: string[] = [];
  const reporter = { ...silentReporter, warn: (message: string) => said.push(message) };
  const parsed = EvaluateOptions.parse({ bootstrap: 0, permutations: 0, ...options });
  return { ...(await evaluateSuite(parsed, { reporter, signal: new AbortController().signal })), said };
}

export function cell(result: SuiteResult, dataset: string, [system, metric]: [string, string]) {
  const systems = result.suite.datasets.find(({ name }) => name === dataset)?.evaluation?.systems;
  return systems?.find(({ name }) => name === system)?.cells.find((one) => one.metric === metric);
}
