/** @file Reports of an evaluation for people and for CI: whole, escaped, and true to the verdict. */
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { annotations, jobSummary } from "../../src/cli/ci.ts";
import { writeReports } from "../../src/evaluate/write-reports.ts";
import { htmlReport } from "../../src/report/html-report.ts";
import { junitReport } from "../../src/report/junit-report.ts";
import type { Evaluation, Verdict } from "../../src/schema/evaluation.ts";
import { readSvg } from "../helpers/svg.ts";

const HOSTILE = `<script>alert("1")</script> & 'x'`;
const evaluation: Evaluation = {
  metrics: [{ label: "nDCG@3", count: false, higher_is_better: true }],
  systems: [
    { name: HOSTILE, role: "system", cells: [{ metric: "nDCG@3", value: 0.5, n: 9, interval: [0.4, 0.6] }] },
    { name: "b", role: "system", cells: [{ metric: "nDCG@3", value: null, reason: "no passages are judged", n: 0 }] },
  ],
  comparisons: [],
  breakdowns: [{ by: "turn", groups: [{ group: "1", system: "b", cells: [{ metric: "nDCG@3", value: 0.25, n: 4 }] }] }],
  consistency: [],
  protocol: { split: "test" },
  warnings: ["a < b"],
};
const verdicts: Verdict[] = [
  { system: HOSTILE, metric: "nDCG@3", least: 0.4 },
  { system: "b", metric: "nDCG@3", least: 0.4, problem: "b: nDCG@3 is not available (no passages are judged), at least 0.4 was asked for" },
];
const content = { evaluation, verdicts, figures: [], inputs: [{ path: "run & co/run.jsonl", sha256: "ab".repeat(32) }] };

/** The tags of a text, in order; throws where they do not nest. */
function nested(text: string, single: readonly string[] = []): string[] {
  const open: string[] = [];
  const seen: string[] = [];
  for (const [whole, slash, name] of text.matchAll(/<(\/?)([a-z0-9-]+)[^>]*>/gi)) {
    if (single.includes(name!) || whole.endsWith("/>")) continue;
    if (slash === "") {
      open.push(name!);
      seen.push(name!);
    } else if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
  }
  if (open.length > 0) throw new Error(`${open.join(", ")} not closed`);
  return seen;
}

describe("the HTML report", () => {
  const html = htmlReport(content);

  test("nests, holds no script, loads nothing, and escapes what came from data", () => {
    const tags = nested(html.replace("<!doctype html>", ""), ["meta"]);
    expect(tags).not.toContain("script");
    expect(html).not.toMatch(/\b(src|href)=|url\(|@import/);
    expect(html).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;");
    expect(html).toContain("a &lt; b");
    expect(tags.filter((tag) => tag === "table")).toHaveLength(2);
  });

  test("says which thresholds held", () => {
    expect(html).toMatch(/class="passed">passed<\/span> .*nDCG@3 is at least 0\.4/);
    expect(html).toMatch(/class="failed">failed<\/span> b: nDCG@3 is not available/);
  });
});

describe("the JUnit report", () => {
  test("has a test per system and threshold, failing where the threshold was missed", () => {
    const xml = junitReport(content);
    expect(nested(xml.replace(/<\?xml.*\?>/, ""))).toEqual(["testsuites", "testsuite", "testcase", "testcase", "failure"]);
    expect(xml).toContain('tests="2" failures="1"');
    expect(xml).not.toContain("<script>");
    expect(xml).toContain('<testcase classname="b" name="nDCG@3 is at least 0.4"><failure message="b: nDCG@3 is not available');
  });

  test("has a test per score where no threshold was asked for", () => {
    const xml = junitReport({ evaluation, verdicts: [] });
    expect(xml).toContain('tests="2" failures="0"');
    expect(xml).toContain("<system-out>0.5</system-out>");
    expect(xml).toContain("<system-out>n/a: no passages are judged</system-out>");
  });
});

test("--report writes each file, and makes its folder; HTML holds the figures that a folder gets as files", async () => {
  const root = mkdtempSync(join(tmpdir(), "uniconv-reports-"));
  const file = (name: string) => join(root, "new folder", name);
  const kinds = [`junit=${file("a=b.xml")}`, `html=${file("r.html")}`, `markdown=${file("r.md")}`, `figures=${file("f")}`, "github"];
  await writeReports(kinds, { evaluation, verdicts, scores: [], inputs: () => content.inputs });
  expect(readdirSync(file("f"))).toEqual(["by-turn.svg", "by-turn.vl.json", "scores.svg", "scores.vl.json"]);
  const figures = ["scores", "by-turn"].map((name) => ({ svg: readFileSync(file(`f/${name}.svg`), "utf8") }));
  for (const { svg } of figures) readSvg(svg);
  expect(JSON.parse(readFileSync(file("f/scores.vl.json"), "utf8"))).toHaveProperty("data.values.0.score", 50);
  expect(readFileSync(file("a=b.xml"), "utf8")).toBe(junitReport(content));
  const html = readFileSync(file("r.html"), "utf8");
  expect(html).toBe(htmlReport({ ...content, figures }));
  expect(nested(html.replace("<!doctype html>", ""), ["meta"])).not.toContain("script");
  expect(html).not.toMatch(/\b(src|href)=|url\(|@import/);
  expect(readFileSync(file("r.md"), "utf8")).toMatch(/^# Evaluation\n/);
});

test("annotations are one line each, and cannot become other commands", () => {
  expect(annotations(["a: 50 % of\nit\r::error::x"], "x, y: z")).toEqual(["::error title=x%2C y%3A z::a: 50 %25 of%0Ait%0D::error::x"]);
});

test("a job summary is added where GitHub says so, and nowhere else", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "uniconv-summary-")), "summary.md");
  await jobSummary(() => "| a |", { GITHUB_STEP_SUMMARY: file });
  await jobSummary(() => "| b |", { GITHUB_STEP_SUMMARY: file });
  await jobSummary(() => "| c |", {});
  expect(readFileSync(file, "utf8")).toBe("| a |\n| b |\n");
});
