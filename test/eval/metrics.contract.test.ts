/** @file Every file of eval/metrics/ keeps the contract, and its own examples come out. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chooseMetrics, loadMetrics, spellings } from "../../eval/registry.ts";
import { judge, type AnswerMetric, type CitationMetric, type Metric, type RetrievalMetric } from "../../eval/metric.ts";

const folder = new URL("../../eval/metrics/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));

describe.each(files)("eval/metrics/%s", async (file) => {
  const module = (await import(new URL(file, folder).href)) as Record<string, unknown>;
  const metric = module["metric"] as Metric;

  it("exports one metric with every field of the contract", () => {
    expect(Object.keys(module)).toEqual(["metric"]);
    expect(["retrieval", "answer", "citation"]).toContain(metric.kind);
    expect(["mean", "sum", "geometric-mean"]).toContain(metric.aggregate);
    expect(["none", "optional-cutoff", "cutoff", "order", "recall-point"]).toContain(metric.parameter);
    for (const field of ["name", "about", "source"] as const) expect(metric[field], field).toMatch(/\S/);
    expect(typeof metric.higherIsBetter).toBe("boolean");
    expect(metric.score).toBeTypeOf("function");
    expect(metric.examples.length, "needs at least one example").toBeGreaterThan(0);
  });

  it("scores its own examples", () => {
    for (const example of metric.examples) expect(scoreExample(metric, example)).toBeCloseTo(example.score, 8);
  });
});

describe("the registry", () => {
  it("holds exactly the files of the folder", async () => {
    expect(await loadMetrics()).toHaveLength(files.length);
  });

  it("has no spelling that two metrics claim", async () => {
    const all = (await loadMetrics()).flatMap((metric) => spellings(metric).map((name) => name.toLowerCase()));
    expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([]);
  });

  it.each([
    ["nDCG@3", ["nDCG@3"]],
    ["NDCG@3", ["nDCG@3"]],
    ["ndcg_cut_3", ["nDCG@3"]],
    ["ndcg_cut.3,10", ["nDCG@3", "nDCG@10"]],
    ["Recall@10", ["R@10"]],
    ["recall_10", ["R@10"]],
    ["MRR", ["RR"]],
    ["MRR@10", ["RR@10"]],
    ["recip_rank", ["RR"]],
    ["map", ["AP"]],
    ["P.5,10", ["P@5", "P@10"]],
    ["success_1", ["Hit@1"]],
    ["iprec_at_recall_0.10", ["iprec_at_recall@0.1"]],
    ["iprec_at_recall..10", ["iprec_at_recall@0.1"]],
    ["rouge-l", ["ROUGE-L"]],
    ["11pt_avg..25,.5,.75", ["11pt_avg@.25,.5,.75"]],
    ["success", ["Hit@1", "Hit@5", "Hit@10"]],
    ["recall", ["R@5", "R@10", "R@15", "R@20", "R@30", "R@100", "R@200", "R@500", "R@1000"]],
    ["ndcg.1=3,2=9,4=4.5", ["nDCG@1=3,2=9,4=4.5"]],
    ["f1", ["F1"]],
  ])("understands %s", async (name, labels) => {
    expect((await chooseMetrics([name])).map(({ label }) => label)).toEqual(labels);
  });

  it("gives nDCG other gains where told, of grade 0 and below 0 too", async () => {
    const score = async (name: string) => {
      const metric = (await chooseMetrics([name]))[0]!.metric as RetrievalMetric;
      return metric.score(judge(Int32Array.of(0, -1, 2, 1), [0, 1, 2, 0], 1), Infinity);
    };
    const second = 1 / Math.log2(3);
    expect(await score("ndcg_1=3,2=9")).toBeCloseTo((9 / 2 + 3 / Math.log2(5)) / (9 + 3 * second), 12);
    expect(await score("ndcg_0=1,2=-1")).toBeCloseTo((1 - 1 / 2 + 1 / Math.log2(5)) / (1 + second + 1 / 2), 12);
  });

  it("merges two spellings of one metric", async () => {
    expect(await chooseMetrics(["nDCG@3", "ndcg_cut_3"])).toHaveLength(1);
  });

  it.each([
    ["nDGC@3", 'did you mean "nDCG@3"?'],
    ["recal@10", 'did you mean "Recall@10"?'],
    ["ndcg3", 'did you mean "nDCG@3"?'],
    ["nDCG@3,RR", "several metrics are several --metric"],
    ["xyzzy", "There are AP[@k], "],
    ["R", "needs a cutoff"],
    ["R@0", "needs a cutoff"],
    ["P@1.5", "needs a cutoff"],
    ["P@", "needs a cutoff"],
    ["F1@3", "takes no cutoff"],
    ["nDCG@-1", "whole number"],
    ["iprec_at_recall_1.5", "from 0 to 1"],
    ["11pt_avg_.5,1.5", "takes no cutoff"],
    ["ndcg_1=x", "whole number"],
  ])("refuses %s and helps", async (name, words) => {
    await expect(chooseMetrics([name])).rejects.toThrow(words);
    await expect(chooseMetrics([name])).rejects.toMatchObject({ exitCode: 2 });
  });
});

function scoreExample(metric: Metric, example: Metric["examples"][number]): number {
  const parameter = example.parameter ?? Infinity;
  if (metric.kind === "answer") return metric.score(example as AnswerMetric["examples"][number], parameter, { multiReference: "max" });
  if (metric.kind === "citation") return metric.score(example as CitationMetric["examples"][number]);
  const { ranking, judgements, level = 1 } = example as RetrievalMetric["examples"][number];
  return metric.score(judge(Int32Array.from(ranking), judgements, level), parameter);
}
