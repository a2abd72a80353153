/** @file Evaluation in the loop: its figures are the commands' own, the best model is written, and patience has an end. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openDevSets } from "../../src/pipelines/dev-set.ts";
import { joined } from "../../src/pipelines/evaluate-model.ts";
import { trainAndEvaluate } from "../../src/pipelines/train.ts";
import { TrainOptions } from "../../src/schema/options/train.ts";
import { UsageError } from "../../src/util/errors.ts";
import { packageRoot } from "../../src/util/package-root.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { listen, passagesOf, prepare, turnsOf } from "../helpers/small-world.ts";
import { tempDir } from "../helpers/temp.ts";

const folder = tempDir();
const at = (name: string) => join(folder, name);
function uniconv(command: string): string {
  const argv = [join(packageRoot(), "bin/uniconv.js"), ...command.split(" ")];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", cwd: folder });
  expect(status, stderr).toBe(0);
  return stdout;
}

const SMALL = { batch_size: 4, max_query_length: 64, max_passage_length: 48, max_response_length: 16, warmup_steps: 0 };
const EVALUATION = { eval_steps: 2, eval_generate: 5, eval_max_new_tokens: 6 };
const run = (options: Record<string, unknown>, said: string[] = [], signal = new AbortController().signal) => {
  const given = { input: [at("prepared")], model: at("base"), output: at("model"), device: "cpu", threads: 1, tuning: "full" };
  const parsed = TrainOptions.parse({ ...given, ...SMALL, ...EVALUATION, ...options });
  return trainAndEvaluate(parsed, {
    reporter: { ...silentReporter, info: (message) => said.push(message), warn: (message) => said.push(message) },
    signal,
  });
};
type Line = Record<string, number>;
const linesOf = (dir: string): Line[] =>
  readFileSync(join(dir, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
const isEvaluation = (line: Line) => "eval_nDCG@3" in line;

const PATIENT = 10 * 60_000;

beforeAll(() => {
  uniconv("prepare-data --dataset quickstart --output prepared --limit 40 -q");
  const sizes = "--vocab-size 400 --hidden-size 32 --num-hidden-layers 2 --num-attention-heads 2 --intermediate-size 48";
  uniconv(`init-model --input prepared --output base ${sizes} -q`);
});

it(
  "stops when patience is over, writes the best model, and its figures are those the commands print for it",
  { timeout: PATIENT },
  async () => {
    const said: string[] = [];
    const stopping = { load_best_model_at_end: true, early_stopping_patience: 1, epochs: 20, learning_rate: 0.03 };
    const written = await run({ eval_input: [at("prepared")], ...stopping }, said);
    const lines = linesOf(at("model"));
    const evaluations = lines.filter(isEvaluation);

    // The last evaluation is the first that was no better than the one before it.
    const values = evaluations.map((line) => line["eval_nDCG@3"]!);
    expect(evaluations.map((line) => line["update"])).toEqual(values.map((_, index) => 2 * (index + 1)));
    for (let index = 1; index < values.length - 1; index++) expect(values[index]).toBeGreaterThan(values[index - 1]!);
    expect(values.at(-1)).toBeLessThanOrEqual(values.at(-2)!);
    const best = evaluations.at(-2)!;
    expect(written.manifest.stats).toMatchObject({
      updates: 2 * values.length,
      best: { update: best["update"], metric: "nDCG@3", value: best["eval_nDCG@3"] },
    });
    expect(said.join("\n")).toContain(`stopped early, after update ${2 * values.length} of 200`);
    expect(said).toContain(`${at("prepared")}: evaluating on turns of split train, which say little if the model learns them`);
    // Training lines stand beside evaluations, whatever --logging-steps says.
    expect(lines.filter((line) => !isEvaluation(line)).map((line) => line["update"])).toEqual(evaluations.map((line) => line["update"]));

    // By hand, as anyone would.
    uniconv("build-index --input prepared --model model --output index --device cpu --threads 1 -q");
    uniconv("retrieve --input prepared --model model --index index --output run --device cpu --threads 1 -q");
    uniconv(
      "generate --input prepared --model model --run run --limit 5 --max-new-tokens 6 --output responses --device cpu --threads 1 -q",
    );
    const scores = (flags: string, metrics: string[]) => {
      uniconv(
        `evaluate --input prepared ${flags} ${metrics.map((metric) => `--metric ${metric}`).join(" ")} --output scores --overwrite -q`,
      );
      const { results } = JSON.parse(readFileSync(at("scores/metrics.json"), "utf8")) as { results: Record<string, Line> };
      const found = Object.values(results)[0]!;
      return metrics.map((metric) => found[metric]);
    };
    const ofRuns = ["nDCG@3", "R@10", "RR"];
    expect(ofRuns.map((metric) => best[`eval_${metric}`])).toEqual(scores("--run run", ofRuns));
    expect([best["eval_F1"]]).toEqual(scores("--responses responses --averaging intersection", ["F1"]));

    const card = readFileSync(join(at("model"), "README.md"), "utf8");
    expect(card).toContain(`| **${best["update"]}** | ${(100 * best["eval_nDCG@3"]!).toFixed(2)} |`);
    expect(card).toContain(`These are the weights of update ${best["update"]}, the best nDCG@3.`);
    expect(readdirSync(at("model")).filter((name) => /checkpoint|best|evaluation/.test(name))).toEqual([]);
  },
);

it(
  "a stop during an evaluation ends it at once; resumed, the evaluation is done and the model is the undisturbed run's",
  { timeout: PATIENT },
  async () => {
    const options = { eval_input: [at("prepared")], max_steps: 4, eval_generate: 0, load_best_model_at_end: true };
    await run({ ...options, output: at("whole") });
    const stop = new AbortController();
    const output = at("stopped");
    const given = { input: [at("prepared")], model: at("base"), output, device: "cpu", threads: 1, tuning: "full" };
    const parsed = TrainOptions.parse({ ...given, ...SMALL, ...EVALUATION, ...options });
    const seen: string[] = [];
    const progress = ({ label, passing }: { label: string; passing?: boolean }) => {
      if (passing !== true) return;
      seen.push(label);
      stop.abort();
    };
    await expect(trainAndEvaluate(parsed, { reporter: { ...silentReporter, progress }, signal: stop.signal })).rejects.toMatchObject({
      exitCode: 130,
    });
    expect(seen[0]).toContain("evaluation at update 2: ");
    expect(linesOf(`${output}.partial`).filter(isEvaluation)).toEqual([]);
    await run({ ...options, output, resume: true });
    for (const name of ["metrics.jsonl", "model.safetensors", "README.md"])
      expect(readFileSync(join(output, name)).equals(readFileSync(join(at("whole"), name))), name).toBe(true);
    expect(existsSync(`${output}.partial`)).toBe(false);
  },
);

it("takes the dev turns of a set, its test turns with a warning, and tells sets of one name apart", async () => {
  const passages = passagesOf(8);
  const turns = turnsOf(8);
  const mixed = await prepare(at("mixed/set"), { passages, turns: turns.map((turn, i) => ({ ...turn, split: i < 4 ? "dev" : "test" })) });
  const tested = await prepare(at("tested/set"), { passages, turns });
  const context = listen();
  const given = {
    input: [at("prepared")],
    model: at("base"),
    output: at("model"),
    eval_input: [mixed, tested],
    metric_for_best_model: "eval_mrr",
  };
  const { sets, plan, inputs } = await openDevSets(TrainOptions.parse(given), context);
  expect(sets.map(({ name, split }) => [name, split])).toEqual([
    ["set", "dev"],
    ["set-2", "test"],
  ]);
  expect(plan).toEqual({ metric: "RR", ofRuns: ["nDCG@3", "R@10", "RR"], ofAnswers: ["F1"] });
  expect(inputs).toHaveLength(6);
  expect(context.messages).toEqual([expect.stringMatching(/tested.set has no dev turns: evaluating on its test turns/)]);
});

it("joins the scores of several sets by their mean, over those that have the metric", () => {
  const scores = new Map([
    ["qa", { "nDCG@3": 0.5, F1: 0.25 }],
    ["chat", { "nDCG@3": 0.25 }],
  ]);
  expect(joined(scores)).toEqual({ "nDCG@3": 0.375, F1: 0.25, "qa_nDCG@3": 0.5, qa_F1: 0.25, "chat_nDCG@3": 0.25 });
  expect(joined(new Map([["qa", { F1: 0.25 }]]))).toEqual({ F1: 0.25 });
});

describe("evaluation in the loop refuses", () => {
  it.each([
    [
      "patience without a dev set",
      { early_stopping_patience: 2, load_best_model_at_end: true },
      "--early-stopping-patience, --load-best-model-at-end: nothing is evaluated; give --eval-input",
    ],
    [
      "patience that would write a worse model than the best",
      { eval_input: ["prepared"], early_stopping_patience: 2 },
      "give --load-best-model-at-end too",
    ],
    ["an unknown metric", { eval_input: ["prepared"], metric_for_best_model: "nDCGG@3" }, 'did you mean "nDCG@3"'],
    [
      "a metric of answers where none are made",
      { eval_input: ["prepared"], metric_for_best_model: "F1", eval_generate: 0 },
      "give --eval-generate",
    ],
    ["a split that is not there", { eval_input: ["prepared"], eval_split: "dev" }, "has no such turns"],
    [
      "answers longer than the model",
      { eval_input: ["prepared"], eval_max_new_tokens: 100_000 },
      "--eval-max-new-tokens 100000 leaves nothing",
    ],
  ])("%s", async (_, options, message) => {
    const inFolder = "eval_input" in options ? { ...options, eval_input: options.eval_input.map(at) } : options;
    const refused = run({ ...inFolder, output: at("refused") });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
    expect(existsSync(at("refused.partial"))).toBe(false);
  });
});
