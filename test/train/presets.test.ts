/** @file Every preset: it parses, differs from `paper` exactly where its head says, and trains. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { completionWords } from "../../src/cli/completion/words.ts";
import { presetNames, presetPath } from "../../src/cli/options/config-file.ts";
import { TrainOptions } from "../../src/schema/options/train.ts";
import { settingsFor } from "../../src/text/from-settings.ts";
import { freshLora } from "../../src/train/init-adapter.ts";
import { run } from "../../src/train/job.ts";
import { packageRoot } from "../../src/util/package-root.ts";
import { tempDir } from "../helpers/temp.ts";

const folder = tempDir();
const at = (name: string) => join(folder, name);
const cli = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(packageRoot(), "bin/uniconv.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
};
const textOf = (name: string) => readFileSync(presetPath(name), "utf8");
const optionsOf = (name: string, rest: Record<string, unknown> = {}) => {
  const given = TrainOptions.parse({
    input: [at("prepared")],
    model: at("base"),
    output: at(name),
    ...(parse(textOf(name)) as object),
    ...rest,
  });
  return { ...given, ...settingsFor(at("base"), given), ...freshLora(given) };
};

beforeAll(() => {
  cli("prepare-data", "--dataset", "quickstart", "--output", "prepared", "--limit", "20", "-q");
  const sizes = "--vocab-size 400 --hidden-size 16 --num-hidden-layers 1 --num-attention-heads 2 --intermediate-size 24".split(" ");
  cli("init-model", "--input", "prepared", "--output", "base", ...sizes, "-q");
});

it("those the design names are there", () => {
  const named = "paper paper-literal recommended chatretriever conv-grit repllama two-stage from-scratch".split(" ");
  expect(presetNames()).toEqual(named.toSorted());
});

describe.each(presetNames())("%s", (name) => {
  it("differs from `paper` exactly in the options its head lists", () => {
    const listed = /^# Differs from `paper` in: (.*)$/m.exec(textOf(name))?.[1];
    const [own, paper] = [optionsOf(name), optionsOf("paper")].map(({ output: _output, ...options }) => options as Record<string, unknown>);
    const differing = Object.keys({ ...own, ...paper }).filter((key) => JSON.stringify(own![key]) !== JSON.stringify(paper![key]));
    expect(listed?.split(", ").toSorted()).toEqual(differing.length === 0 ? ["nothing"] : differing.toSorted());
  });

  it("trains two steps", async () => {
    const options = optionsOf(name, { max_steps: 2, batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, device: "cpu" });
    const warnings: string[] = [];
    const job = {
      report: () => {},
      info: () => {},
      warn: (message: string) => warnings.push(message),
      metric: () => {},
      ask: () => Promise.reject(new Error()),
      stopping: false,
    };
    const dir = tempDir();
    const files = [join(at("prepared"), "train.jsonl")];
    const { updates, responses } = await run({ options, threads: 1, dir, files }, job);
    expect(updates).toBe(2);
    const lines = readFileSync(join(dir, "metrics.jsonl"), "utf8").trimEnd().split("\n");
    for (const line of lines) expect((JSON.parse(line) as { L: number }).L).toBeGreaterThan(0);
    expect(warnings.filter((message) => !message.includes("warm-up"))).toEqual([]);
    const card = readFileSync(join(dir, "README.md"), "utf8");
    expect(card).toContain("L = ");
    expect(card.includes('a proxy for the paper\'s "w/o DDM"')).toBe(options.responses === "passage");
    expect(responses !== undefined).toBe(options.responses === "passage");
  });
});

it("--print-config shows a preset's values with their origin, and takes them back as a file", () => {
  const { status, stdout } = cli("train", "--preset", "two-stage", "--print-config");
  expect(status).toBe(0);
  expect(stdout).toContain("learning_rate: 0.0001 # preset two-stage");
  expect(parse(stdout)).toMatchObject({ stages: [{ share: 2, objectives: ["retrieval", "generation"] }, { share: 1 }] });
});

it("only the command they are for offers them", async () => {
  expect(cli("help", "train").stdout).toContain("--preset NAME");
  expect(cli("help", "retrieve").stdout).not.toContain("--preset");
  const refused = cli("retrieve", "--preset", "paper");
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('Unknown option "--preset"');
  const offered = await completionWords();
  const presetOf = (command: string) => offered.find(({ name }) => name === command)!.flags.find(({ flag }) => flag === "--preset");
  expect(presetOf("train")!.value).toEqual(presetNames());
  expect(presetOf("retrieve")).toBeUndefined();
  // Sizes of fresh models are presets of another kind.
  expect(cli("init-model", "--preset", "nano", "--print-config", "--output", "x").status).toBe(0);
});
