/** @file Our numbers beside trec_eval 10's own stored outputs, to the last printed digit. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chooseMetrics } from "../../eval/registry.ts";
import { formatTrecEval, OFFICIAL } from "../../src/evaluate/trec-format.ts";
import { isRetrieval, scoreRun } from "../../src/evaluate/score-run.ts";
import { readQrels } from "../../src/util/qrels.ts";
import { readTrecRun } from "../../src/util/trec-run.ts";
import { needs } from "../helpers/shared-data.ts";

const ALL = [
  ...OFFICIAL,
  "recall_5,10,15,20,30,100,200,500,1000",
  "11pt_avg",
  "ndcg",
  "ndcg_cut_5,10,15,20,30,100,200,500,1000",
  "map_cut_5,10,15,20,30,100,200,500,1000",
  "success_1,5,10",
  "set_recall",
];

/** What we do not measure; every other line of trec_eval must be ours. */
const FOREIGN =
  /^(runid|infAP|gm_bpref|Rprec_mult|utility|binG|G|ndcg_rel|Rndcg|relative_P|set_P|set_relative_P|set_map|set_F|num_nonrel_judged_ret|rbp|unj_|relstring|ndcg_1=)/;

const trec = needs("vectors", "trec_eval");

describe.skipIf(trec.absent)(trec.title("trec_eval's regression files"), () => {
  it.each([
    { expected: "out.test", run: "results.test", qrels: "qrels.test", metrics: OFFICIAL, perTurn: false },
    { expected: "out.test.a", run: "results.test", qrels: "qrels.test", metrics: ALL, perTurn: false },
    { expected: "out.test.aq", run: "results.test", qrels: "qrels.test", metrics: ALL, perTurn: true },
    { expected: "out.test.aqc", run: "results.trunc", qrels: "qrels.test", metrics: ALL, perTurn: true },
    { expected: "out.test.aqcM", run: "results.trunc", qrels: "qrels.test", metrics: ALL, perTurn: true, depth: 100 },
    { expected: "out.test.aql", run: "results.test", qrels: "qrels.rel_level", metrics: ALL, perTurn: true, level: 2 },
    { expected: "out.comment.test", run: "results.comment.test", qrels: "qrels.comment.test", metrics: OFFICIAL, perTurn: false },
    { expected: "out.test", run: "results.test", qrels: "qrels.test.with-comments", metrics: OFFICIAL, perTurn: false },
  ])("$expected from $run and $qrels", async ({ expected, run, qrels, metrics, perTurn, depth, level }) => {
    const ours = await evaluate({
      run: join(trec.path, run),
      qrels: join(trec.path, qrels),
      metrics,
      perTurn,
      depth,
      level,
      complete: run === "results.trunc",
    });
    const theirs = stored(join(trec.path, expected)).filter((line) => !FOREIGN.test(line));
    expect(theirs.length).toBeGreaterThan(28);
    expect(sorted(ours)).toEqual(sorted(theirs));
  });

  it("prints the official measures in trec_eval's order, byte for byte", async () => {
    const ours = await evaluate({
      run: join(trec.path, "results.test"),
      qrels: join(trec.path, "qrels.test"),
      metrics: [...OFFICIAL].reverse(),
      perTurn: false,
    });
    expect(["runid                 \tall\tSTANDARD", ...ours].join("\n")).toBe(stored(join(trec.path, "out.test")).join("\n"));
  });

  it("takes measures with parameters", async () => {
    const metrics = ["iprec_at_recall..10,.20,.25,.75,.50", "P.5,7,3", "recall.20,2000", "ndcg_cut.10,20,23", "success.2,5,20"];
    const ours = await evaluate({ run: join(trec.path, "results.test"), qrels: join(trec.path, "qrels.test"), metrics, perTurn: true });
    const theirs = stored(join(trec.path, "out.test.meas_params")).filter((line) => !FOREIGN.test(line) && !line.startsWith("11pt"));
    expect(theirs.length).toBeGreaterThan(60);
    expect(ours).toEqual(theirs);
  });
});

const cast = needs("vectors", "ecir2023_cast21");

describe.skipIf(cast.absent)(cast.title("CAsT 2021 runs, per turn, at both relevance levels"), () => {
  const runs = ["automatic_bm25_mono-t5_2021", "t5-canard-org_bm25_mono-t5_2021", "t5-canard_ance_bm25-b-45-k-95_mono-duo-t5_2021"];
  it.each(runs.flatMap((run) => [1, 2].map((level) => ({ run, level }))))("$run at level $level", async ({ run, level }) => {
    const metrics =
      "num_q num_ret num_rel num_rel_ret map recip_rank P_1,5,10 recall_5,10,100,500 ndcg ndcg_cut_3,5,10 success_1,5,10".split(" ");
    const ours = await evaluate({
      run: join(cast.path, `${run}.trec.gz`),
      qrels: join(cast.path, "qrels.2021.txt"),
      metrics,
      perTurn: true,
      complete: true,
      depth: 500,
      level,
    });
    const theirs = stored(join(cast.path, "expected", `${run}.l${level}.txt`)).filter((line) => !line.startsWith("#"));
    expect(theirs.length).toBeGreaterThan(158 * 19);
    expect(sorted(ours)).toEqual(sorted(theirs));
  });
});

async function evaluate(job: {
  run: string;
  qrels: string;
  metrics: readonly string[];
  perTurn: boolean;
  complete?: boolean;
  depth?: number | undefined;
  level?: number | undefined;
}): Promise<string[]> {
  const [run, qrels, chosen] = await Promise.all([readTrecRun(job.run), readQrels(job.qrels), chooseMetrics(job.metrics)]);
  const turns = [...qrels.keys()].filter((turn) => job.complete === true || run.has(turn));
  const metrics = chosen.filter(isRetrieval);
  const scores = scoreRun(run, { qrels, turns, metrics, level: job.level ?? 1, depth: job.depth ?? Infinity });
  return formatTrecEval(scores, {
    metrics,
    tag: run.tag,
    perTurn: job.perTurn,
    complete: job.complete === true ? qrels : undefined,
  }).filter((line) => !line.startsWith("runid"));
}

function stored(path: string): string[] {
  return readFileSync(path, "utf8").trimEnd().split("\n");
}

/** trec_eval orders measures by its own table; which lines there are is what matters here. */
function sorted(lines: string[]): string[] {
  return [...lines].sort();
}
