/** @file The command line as a process: what goes to stdout, what to stderr, and the exit code. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { packageVersion } from "../../src/util/package-root.ts";
import { tempDir } from "../helpers/temp.ts";
import { runCli, runBeforeLeavingReader } from "./run-cli.ts";

describe("help", () => {
  test("without arguments and with --help lists every command on stdout", async () => {
    const { stdout, stderr, code } = await runCli(["--help"]);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const name of [
      "prepare-data",
      "init-model",
      "train",
      "merge",
      "build-index",
      "retrieve",
      "fuse",
      "generate",
      "evaluate, eval",
      "quickstart",
    ])
      expect(stdout).toContain(`\n  ${name} `);
    expect(stdout.indexOf("Examples:")).toBeLessThan(stdout.indexOf("Commands:"));
    expect((await runCli([])).stdout).toBe(stdout);
  });

  test("loads neither ONNX Runtime nor what parses options", async () => {
    const dir = tempDir();
    const hook = join(dir, "hook.cjs");
    writeFileSync(
      hook,
      `process.on("exit", () => {
        const maps = require("fs").readFileSync("/proc/self/maps", "utf8");
        const loaded = Object.keys(require.cache).filter((file) => /onnxruntime|cli-progress|commander/.test(file));
        require("fs").writeFileSync(${JSON.stringify(join(dir, "loaded"))}, loaded.join("\\n") + (/onnxruntime/.test(maps) ? "native" : ""));
      });`,
    );
    const { stdout } = await runCli(["--help"], { node: ["--require", hook] });
    expect(stdout).toContain("Commands:");
    expect(readFileSync(join(dir, "loaded"), "utf8")).toBe("");
  });

  test("and tables load nothing that draws figures, not even from ES modules", async () => {
    const cwd = tempDir();
    writeFileSync(join(cwd, "qrels.tsv"), "t1\t0\tp1\t1\n");
    writeFileSync(join(cwd, "run.trec"), "t1\tQ0\tp1\t1\t2\tx\n");
    const scripts = async (name: string, args: readonly string[]): Promise<string[]> => {
      const coverage = join(cwd, name);
      expect(await runCli(args, { cwd, env: { NODE_V8_COVERAGE: coverage } })).toMatchObject({ code: 0 });
      const reports = readdirSync(coverage).map(
        (file) => JSON.parse(readFileSync(join(coverage, file), "utf8")) as { result: { url: string }[] },
      );
      return reports.flatMap(({ result }) => result.map(({ url }) => url)).filter((url) => /node_modules\/(vega|d3)/.test(url));
    };
    const evaluate = ["eval", "--qrels", "qrels.tsv", "--run", "run.trec"];
    expect(await scripts("help", ["--help"])).toEqual([]);
    expect(await scripts("table", [...evaluate, "--report", "junit=junit.xml"])).toEqual([]);
    expect(await scripts("figures", [...evaluate, "--report", "figures=drawn"])).not.toEqual([]);
  });

  test("of a command shows examples before options, groups and defaults", async () => {
    const { stdout, code } = await runCli(["train", "--help"]);
    expect(code).toBe(0);
    const order = ["Examples:", "Usage: uniconv train [options]", "Data:", "Optimisation:", "General:"].map((part) => stdout.indexOf(part));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
    expect(stdout).toMatch(/--batch-size N +Samples per contrastive pool \[default: 32\]/);
    expect(stdout).toMatch(/--input PATH .*\[required\]/);
    expect((await runCli(["help", "train"])).stdout).toBe(stdout);
  });

  test("of an alias is the command's", async () => {
    expect((await runCli(["eval", "--help"])).stdout).toBe((await runCli(["evaluate", "--help"])).stdout);
  });

  test.each([
    ["exit-codes", /130 {2}stopped by Ctrl-C/],
    ["formats", /run\.trec +turn +Q0/],
    ["metrics", /nDCG\[@k\] +discounted cumulative gain/],
    ["environment", /UNICONV_BATCH_SIZE=8/],
    ["tables", /--compare all +every pair/],
  ])("has the topic %s", async (topic, content) => {
    const { stdout, code } = await runCli(["help", topic]);
    expect(code).toBe(0);
    expect(stdout).toMatch(content);
  });

  test("on something unknown says what is near and exits 2", async () => {
    const { stdout, stderr, code } = await runCli(["help", "metric"]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
    expect(stderr).toContain('Did you mean "metrics"?');
  });

  test("--version is one line", async () => {
    expect(await runCli(["--version"])).toEqual({ stdout: `${packageVersion()}\n`, stderr: "", code: 0 });
  });
});

describe("a wrong command line", () => {
  test("with an unknown command names the nearest and exits 2", async () => {
    const { stdout, stderr, code } = await runCli(["retreive"]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
    expect(stderr).toContain('There is no command "retreive". Did you mean "retrieve"?');
  });

  test("with an unknown flag names the nearest and exits 2", async () => {
    const { stdout, stderr, code } = await runCli(["train", "--bach-size", "3"]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
    expect(stderr).toBe('error: Unknown option "--bach-size". Did you mean --batch-size? See: uniconv help train\n');
  });

  test("tells every problem at once, each by the name it was given under", async () => {
    const dir = tempDir();
    writeFileSync(join(dir, "run.yaml"), "temperature: -1\n");
    const { stderr, code } = await runCli(["train", "--config", "run.yaml", "--batch-size", "many", "--tuning", "lore"], {
      cwd: dir,
      env: { UNICONV_SEED: "-3" },
    });
    expect(code).toBe(2);
    expect(stderr).toContain("--input is required");
    expect(stderr).toContain('--batch-size: expected a number, found "many"');
    expect(stderr).toContain('--tuning: expected lora, full (did you mean "lora"?), found "lore"');
    expect(stderr).toContain("UNICONV_SEED: expected at least 0, found -3");
    expect(stderr).toContain("run.yaml: temperature: expected at least 0.000001, found -1");
  });

  test("with an unknown config key names the nearest, the file, and exits 2", async () => {
    const dir = tempDir();
    writeFileSync(join(dir, "run.yaml"), "batch_sise: 3\nmix:\n  inscit: { wieght: 2 }\n");
    const { stderr, code } = await runCli(["train", "--config", "run.yaml", "--input", "x", "--model", "y", "--output", "z"], { cwd: dir });
    expect(code).toBe(2);
    expect(stderr).toContain('run.yaml: unknown key "batch_sise". Did you mean "batch_size"?');
    expect(stderr).toContain('run.yaml: mix.inscit: unknown key "wieght". Did you mean "weight"?');
  });

  test.each([
    ["no such file", "absent.yaml", undefined, "absent.yaml: no such file"],
    ["broken YAML", "run.yaml", "seed: 1\nseed: 2\n", "run.yaml:2:1:"],
    ["a list", "run.yaml", "- seed\n", 'expected "key: value" lines, found a list'],
    ["JSON with a key twice", "run.json", '{"seed": 1, "seed": 2}', "seed"],
  ])("with a config file that is %s exits 2", async (_, name, content, message) => {
    const dir = tempDir();
    if (content !== undefined) writeFileSync(join(dir, name), content);
    const { stderr, code } = await runCli(["train", "--print-config", "--config", name], { cwd: dir });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test("as JSON is one object on stderr with --json", async () => {
    const { stdout, stderr, code } = await runCli(["train", "--json", "--nope"]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
    expect(JSON.parse(stderr)).toMatchObject({ format: "uniconv/error@1", error: { type: "UsageError", exit_code: 2 } });
  });

  test("with a hub id for a model shows how to download it and exits 2", async () => {
    const args = ["train", "--input", "prepared", "--model", "HuggingFaceTB/SmolLM2-135M", "--output", "out"];
    const { stderr, code } = await runCli(args, { cwd: tempDir() });
    expect(code).toBe(2);
    expect(stderr).toContain("hf download HuggingFaceTB/SmolLM2-135M --local-dir SmolLM2-135M");
    expect(stderr).toContain("--model SmolLM2-135M");
  });
});

describe("--print-config", () => {
  test("prints a file that --config reads back to the same options, with origins as comments", async () => {
    const dir = tempDir();
    const first = await runCli(["train", "--print-config", "--learning_rate", "1e-3", "--no-session-mask"], {
      cwd: dir,
      env: { UNICONV_BATCH_SIZE: "7" },
    });
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^learning_rate: 0\.001 # flag$/m);
    expect(first.stdout).toMatch(/^batch_size: 7 # environment$/m);
    expect(first.stdout).toMatch(/^# model: required: /m);
    writeFileSync(join(dir, "run.yaml"), first.stdout);
    const second = await runCli(["train", "--print-config", "--config", "run.yaml"], { cwd: dir });
    expect(parse(second.stdout)).toEqual(parse(first.stdout));
    expect(parse(second.stdout)).toMatchObject({ session_mask: false, tuning: "lora" });
  });

  test("--print-schema is the JSON Schema of the same options", async () => {
    const schema = JSON.parse((await runCli(["fuse", "--print-schema"])).stdout) as Record<string, unknown>;
    expect(schema).toMatchObject({ title: "uniconv fuse", additionalProperties: false, required: ["run", "output"] });
  });
});

describe("a command that works", () => {
  test("prints its result on stdout and the rest on stderr; run again it is done; --json is one object", async () => {
    const cwd = tempDir();
    const args = ["prepare-data", "--dataset", "quickstart", "--output", "prepared"];
    const first = await runCli([...args, "-v"], { cwd });
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^prepared is written\.\n {2}train: 100 conversations/) as string,
    });
    expect(first.stderr).toContain('dataset: "quickstart"');
    expect((await runCli(args, { cwd })).stdout).toContain("prepared is there already");
    const json = await runCli([...args, "--json"], { cwd });
    expect(json.stderr).toBe("");
    expect(JSON.parse(json.stdout)).toMatchObject({ format: "uniconv/result@1", command: "prepare-data", result: { status: "done" } });
    const quiet = await runCli(["prepare-data", "-q", "--dataset", "quickstart", "--output", "other"], { cwd });
    expect(quiet.stderr).toBe("");
  });

  test("with --dry-run says what it would do and does nothing", async () => {
    const cwd = tempDir();
    const args = ["prepare-data", "--dataset", "quickstart", "--output", "prepared", "--dry-run"];
    const { stdout, code } = await runCli(args, { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/writes .*prepared \(does not exist yet; \d+ .B free there\)\nNothing was done/);
    expect(existsSync(join(cwd, "prepared"))).toBe(false);
  });

  test("with --dry-run lists every input that is not there and exits 3", async () => {
    const args = ["eval", "--dry-run", "--input", "absent", "--run", "a=run-a", "--run", "run-b"];
    const { stderr, code } = await runCli(args, { cwd: tempDir() });
    expect(code).toBe(3);
    for (const path of ["--input absent", "--run run-a", "--run run-b"]) expect(stderr).toContain(`${path}: no such file or directory`);
  });
});

describe("a command that fails", () => {
  test("for a missing input exits 3 and names it", async () => {
    const { stdout, stderr, code } = await runCli(["fuse", "--run", "a", "--run", "b", "--output", "c"], { cwd: tempDir() });
    expect({ stdout, code }).toEqual({ stdout: "", code: 3 });
    expect(stderr).toMatch(/^error: a.*: no such file/);
  });

  test("for a full standard output exits 4", async () => {
    const { stderr, code } = await runCli(["help", "metrics"], { stdoutTo: "/dev/full" });
    expect(code).toBe(4);
    expect(stderr).toContain("cannot write to standard output: no space left on the device");
  });

  test("for a full standard error still works", async () => {
    expect((await runCli(["nope"], { stderrTo: "/dev/full" })).code).toBe(2);
  });

  test("is not what a reader that leaves makes of it", async () => {
    expect(await runBeforeLeavingReader(["help", "metrics"])).toMatchObject({ stdout: "", stderr: "exit 0\n" });
  });

  test("below a threshold prints its table and exits 1", async () => {
    const cwd = tempDir();
    writeFileSync(join(cwd, "qrels.tsv"), "t1\t0\tp1\t1\n");
    writeFileSync(join(cwd, "run.trec"), "t1\tQ0\tp2\t1\t2\tx\nt1\tQ0\tp1\t2\t1\tx\n");
    const args = ["eval", "--qrels", "qrels.tsv", "--run", "run.trec", "--metric", "nDCG@3"];
    const { stdout, stderr, code } = await runCli([...args, "--fail-under", "nDCG@3=0.9"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain("63.1");
    expect(stderr).toMatch(/^failed: .*0\.9/m);
    expect((await runCli([...args, "--fail-under", "nDCG@3=0.6"], { cwd })).code).toBe(0);
  });

  test("shows control characters of what it was given, on stderr and on a terminal", async () => {
    const { stderr } = await runCli(["\u001b[31mred\u202e"]);
    expect(stderr).toContain('There is no command "\\x1b[31mred\\u202e"');
  });

  test("in a way that is a bug exits 70 and asks for a report", async () => {
    const cwd = tempDir();
    mkdirSync(join(cwd, "hook"));
    // A command's module that throws what no command throws.
    writeFileSync(join(cwd, "hook/break.cjs"), "Array.prototype.toSorted = Object.entries = () => { throw new TypeError('broken'); };");
    const { stderr, code } = await runCli(["train", "--print-config"], { node: ["--require", join(cwd, "hook/break.cjs")] });
    expect(code).toBe(70);
    expect(stderr).toMatch(/^internal error: broken\n[^]*report it/);
  });
});
