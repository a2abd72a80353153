/** @file Progress, escapes and colours. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeText } from "../../src/cli/terminal/escape.ts";
import { describe as describeProgress, duration, lineProgress } from "../../src/cli/terminal/progress.ts";
import { BIN } from "./run-cli.ts";

describe("progress without a terminal", () => {
  /** `done` of 1000 at each of these seconds. */
  function lines(steps: readonly (readonly [second: number, done: number])[], total: number | null = 1000): string[] {
    const written: string[] = [];
    let now = 0;
    const view = lineProgress(
      (line) => written.push(line),
      () => now * 1000,
    );
    for (const [second, done] of steps) {
      now = second;
      view.show({ label: "indexing", done, unit: "passages", ...(total === null ? {} : { total }) });
    }
    return written;
  }

  test("is a line per 5 %", () => {
    const steps = Array.from({ length: 1001 }, (_, done) => [done / 10, done] as const);
    expect(lines(steps)).toHaveLength(20);
    expect(lines(steps)[0]).toBe("indexing 5 % (50/1000 passages, 10/s, 1 min 35 s left)");
    expect(lines(steps).at(-1)).toBe("indexing 100 % (1000/1000 passages, 10/s)");
  });

  test("is a line per 30 s where 5 % take longer, or the end is not known", () => {
    const slow = Array.from({ length: 91 }, (_, second) => [second, second / 10] as const);
    expect(lines(slow)).toHaveLength(3);
    expect(lines(slow, null)).toEqual([30, 60, 90].map((s) => `indexing (${s / 10} passages, 0.10/s)`));
  });

  test("is nothing for what is over within a second", () => {
    expect(lines([0, 500, 1000].map((done) => [done / 2000, done] as const))).toEqual([]);
  });

  test("starts anew with every label", () => {
    const written: string[] = [];
    let now = 0;
    const view = lineProgress(
      (line) => written.push(line),
      () => now,
    );
    view.show({ label: "a", done: 0, total: 10, unit: "rows" });
    now = 5000;
    view.show({ label: "a", done: 10, total: 10, unit: "rows" });
    view.show({ label: "b", done: 1, total: 10, unit: "rows" });
    now = 7000;
    view.show({ label: "b", done: 5, total: 10, unit: "rows", detail: "loss 2" });
    expect(written).toEqual(["a 100 % (10/10 rows, 2.0/s)", "b 50 % (5/10 rows, 2.0/s, 3 s left) loss 2"]);
  });

  test("does not count what an earlier run had done in the rate", () => {
    const steps = [
      [0, 900],
      [10, 950],
    ] as const;
    expect(lines(steps)).toEqual(["indexing 95 % (950/1000 passages, 5.0/s, 10 s left)"]);
  });

  test("survives a total of nothing", () => {
    expect(describeProgress({ label: "x", done: 0, total: 0, unit: "rows" }, { seconds: 0, from: 0 })).toBe("x 0 % (0/0 rows)");
  });

  test("says durations in words", () => {
    expect([0.2, 59.5, 61, 3600, 7260].map(duration)).toEqual(["1 s", "60 s", "1 min 1 s", "1 h 0 min", "2 h 1 min"]);
  });
});

describe("escapes", () => {
  test("leave no character that drives a terminal", () => {
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    const driving = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(escapeText(text)).not.toMatch(driving);
      }),
    );
  });

  test("leave everything else as it is", () => {
    expect(escapeText("α · naïve\t漢字 🙂\n")).toBe("α · naïve\t漢字 🙂\n");
    expect(escapeText("\u001b[2J\u009b\r\u202eevil")).toBe("\\x1b[2J\\x9b\\x0d\\u202eevil");
  });
});

describe("on a terminal", () => {
  const hasScript = spawnSync("script", ["--version"]).status === 0;
  const onTerminal = (args: string, env: Record<string, string> = {}): string => script(`"${process.execPath}" "${BIN}" ${args}`, env);
  const script = (command: string, env: Record<string, string> = {}): string => {
    const { NO_COLOR: _, ...rest } = process.env;
    return spawnSync("script", ["-qec", command, "/dev/null"], { encoding: "utf8", env: { ...rest, TERM: "xterm", ...env } }).stdout;
  };

  test.skipIf(!hasScript)("errors are red, data in them is escaped [needs script]", () => {
    // The escape itself, in plain quotes: `script` runs the command in whichever shell there is.
    expect(onTerminal("'\u001b[2Jx'")).toMatch(/^\u001b\[31merror:\u001b\[0m There is no command "\\x1b\[2Jx"/);
  });

  test.skipIf(!hasScript)("a bar is off the screen while lines are written, and its last state stays [needs script]", () => {
    const shown = script(`"${process.execPath}" "${join(import.meta.dirname, "say-things.mjs")}"`);
    // From saving the cursor to restoring it the bar is on its line: a line feed in between would misplace what follows.
    const bars = shown.match(/\u001b7[^]*?\u001b8/g) ?? [];
    expect(bars).toHaveLength(3);
    for (const bar of bars) expect(bar).not.toContain("\n");
    // oxlint-disable-next-line no-control-regex -- the bars and what moves the cursor
    const rest = shown.replace(/\u001b7[^]*?\u001b8/g, "").replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
    expect(rest.split(/\r?\n/).filter(Boolean)).toEqual([
      "between",
      "reading 100 % (10/10 rows)",
      "next 50 % (1/2 \\x1b[2Jrows)",
      "the result",
    ]);
  });

  test.skipIf(!hasScript)("--no-color, NO_COLOR and TERM=dumb turn colours off [needs script]", () => {
    for (const shown of [onTerminal("nope --no-color"), onTerminal("nope", { NO_COLOR: "1" }), onTerminal("nope", { TERM: "dumb" })])
      expect(shown).toMatch(/^error: There is no command "nope"/);
  });
});
