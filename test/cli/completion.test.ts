/** @file The completion scripts, run by the shells that are there. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scripts } from "../../src/cli/completion/scripts.ts";
import { completionWords } from "../../src/cli/completion/words.ts";
import { runCli } from "./run-cli.ts";

const words = await completionWords();
const hasShell = (shell: string): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0;

/** What bash would offer after these words, the last of them being typed. */
function complete(...typed: string[]): string[] {
  const script = `${scripts.bash(words)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _uniconv; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script, "bash", "uniconv", ...typed], { encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout.split("\n").filter(Boolean);
}

describe.skipIf(!hasShell("bash"))("bash completion [needs bash]", () => {
  test("offers commands, aliases too", () => {
    expect(complete("evalu")).toEqual(["evaluate"]);
    expect(complete("ev").sort()).toEqual(["eval", "evaluate"]);
  });

  test("offers a command's flags, choices and topics", () => {
    expect(complete("train", "--tun")).toEqual(["--tuning"]);
    expect(complete("train", "--tuning", "")).toEqual(["lora", "full"]);
    expect(complete("train", "--no-sess")).toEqual(["--no-session-mask"]);
    expect(complete("eval", "--fail")).toEqual(["--fail-under"]);
    expect(complete("help", "exit")).toEqual(["exit-codes"]);
    expect(complete("completion", "z")).toEqual(["zsh"]);
  });

  test("offers files as operands, beside the words and flags an operand may be", () => {
    for (const command of ["validate", "compare"]) expect(complete(command, "/et")).toEqual(["/etc"]);
    expect(complete("report", "figures", "/et")).toEqual(["/etc"]);
    expect(complete("report", "fig")).toEqual(["figures"]);
    expect(complete("compare", "--max")).toEqual(["--max-drop"]);
    expect(complete("help", "/et")).toEqual([]);
  });

  test("offers a file whose name has a space as one word", async () => {
    const folder = await mkdtemp(join(tmpdir(), "uniconv-completion-"));
    await writeFile(join(folder, "my scores.json"), "{}");
    expect(complete("compare", `${folder}/my`)).toEqual([join(folder, "my scores.json")]);
    await rm(folder, { recursive: true });
  });

  test("offers files where a path is wanted, and nothing where a number is", () => {
    expect(complete("train", "--model", "/et")).toEqual(["/etc"]);
    expect(complete("train", "--seed", "")).toEqual([]);
  });
});

describe("the scripts", () => {
  test.each(["bash", "zsh", "fish"] as const)("for %s come from the command line and name every flag", async (shell) => {
    const { stdout, code } = await runCli(["completion", shell]);
    expect(code).toBe(0);
    expect(stdout).toBe(scripts[shell](words));
    for (const { flags } of words) for (const { flag } of flags) expect(stdout).toContain(shell === "fish" ? `-l ${flag.slice(2)}` : flag);
  });

  for (const shell of ["zsh", "fish"] as const) {
    test.skipIf(!hasShell(shell))(`for ${shell} are accepted by that shell [skipped where it is not installed]`, () => {
      expect(spawnSync(shell, ["-n"], { input: scripts[shell](words), encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    });
  }

  test("for an unknown shell are refused", async () => {
    const { stderr, code } = await runCli(["completion", "csh"]);
    expect(code).toBe(2);
    expect(stderr).toContain('expected bash, zsh, fish (did you mean "zsh"?), found "csh"');
  });
});
