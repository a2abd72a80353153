/** @file What the command prints beside trec_eval 10's own stored outputs: the same lines in the same order, byte for byte. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OFFICIAL } from "../../eval/trec-measures.ts";
import { runCli } from "../cli/run-cli.ts";
import { needs } from "../helpers/shared-data.ts";

const ALL = ["all_trec"];

/** What we do not measure; every other line of trec_eval must be ours. */
const FOREIGN =
  /^(infAP|gm_bpref|Rprec_mult|utility|binG|G|ndcg_rel|Rndcg|relative_P|set_P|set_relative_P|set_map|set_F|rbp|unj|relstring)[_ ]/;

const trec = needs("vectors", "trec_eval");

describe.skipIf(trec.absent)(trec.title("trec_eval's regression files"), () => {
  it.each([
    { expected: "out.test", run: "results.test", qrels: "qrels.test", lines: 30, options: [] },
    { expected: "out.test", run: "results.test", qrels: "qrels.test.with-comments", lines: 30, options: [] },
    { expected: "out.comment.test", run: "results.comment.test", qrels: "qrels.comment.test", lines: 30, options: [] },
    { expected: "out.test.a", run: "results.test", qrels: "qrels.test", lines: 64, options: metrics(ALL) },
    { expected: "out.test.aq", run: "results.test", qrels: "qrels.test", lines: 247, options: ["--per-turn", ...metrics(ALL)] },
    {
      expected: "out.test.aqc",
      run: "results.trunc",
      qrels: "qrels.test",
      lines: 247,
      options: ["--per-turn", "--averaging", "all", ...metrics(ALL)],
    },
    {
      expected: "out.test.aqcM",
      run: "results.trunc",
      qrels: "qrels.test",
      lines: 247,
      options: ["--per-turn", "--averaging", "all", "--depth", "100", ...metrics(ALL)],
    },
    {
      expected: "out.test.aql",
      run: "results.test",
      qrels: "qrels.rel_level",
      lines: 247,
      options: ["--per-turn", "--relevance-level", "2", ...metrics(ALL)],
    },
    {
      expected: "out.test.meas_params",
      run: "results.test",
      qrels: "qrels.test",
      lines: 72,
      options: [
        "--per-turn",
        ...metrics([
          "iprec_at_recall..10,.20,.25,.75,.50",
          "P.5,7,3",
          "recall.20,2000",
          "11pt_avg..25,.5,.75",
          "ndcg.1=3,2=9,4=4.5",
          "ndcg_cut.10,20,23",
          "success.2,5,20",
        ]),
      ],
    },
  ])("$expected from $run and $qrels", async ({ expected, run, qrels, lines, options }) => {
    const theirs = stored(join(trec.path, expected)).filter((line) => !FOREIGN.test(line));
    expect(theirs).toHaveLength(lines);
    const ours = await evaluate(join(trec.path, run), join(trec.path, qrels), options);
    expect(ours.filter((line) => !line.startsWith("runid") || theirs.includes(line))).toEqual(theirs);
  });

  it("prints its measures in its order, whatever order they were asked for", async () => {
    const ours = await evaluate(join(trec.path, "results.test"), join(trec.path, "qrels.test"), metrics([...OFFICIAL].reverse()));
    expect(ours).toEqual(stored(join(trec.path, "out.test")));
  });
});

const cast = needs("vectors", "ecir2023_cast21");

describe.skipIf(cast.absent)(cast.title("CAsT 2021 runs, per turn, at both relevance levels"), () => {
  const runs = ["automatic_bm25_mono-t5_2021", "t5-canard-org_bm25_mono-t5_2021", "t5-canard_ance_bm25-b-45-k-95_mono-duo-t5_2021"];
  it.each(runs.flatMap((run) => ["1", "2"].map((level) => ({ run, level }))))("$run at level $level", async ({ run, level }) => {
    const theirs = stored(join(cast.path, "expected", `${run}.l${level}.txt`)).filter((line) => !line.startsWith("#"));
    expect(theirs).toHaveLength(158 * 19 + 20);
    const asked = "num_q num_ret num_rel num_rel_ret map recip_rank P_1,5,10 recall_5,10,100,500 ndcg ndcg_cut_3,5,10 success_1,5,10".split(
      " ",
    );
    const options = ["--per-turn", "--averaging", "all", "--depth", "500", "--relevance-level", level, ...metrics(asked)];
    const ours = await evaluate(join(cast.path, `${run}.trec.gz`), join(cast.path, "qrels.2021.txt"), options);
    expect(ours.filter((line) => !line.startsWith("runid"))).toEqual(theirs);
  });
});

function metrics(names: readonly string[]): string[] {
  return names.flatMap((name) => ["--metric", name]);
}

async function evaluate(run: string, qrels: string, options: readonly string[]): Promise<string[]> {
  const { stdout, stderr, code } = await runCli(["evaluate", "--run", run, "--qrels", qrels, "--format", "trec_eval", "-q", ...options]);
  expect(code, stderr).toBe(0);
  return linesOf(stdout);
}

const stored = (path: string): string[] => linesOf(readFileSync(path, "utf8"));

/** Every line, none trimmed: an end of file without a newline would show. */
function linesOf(text: string): string[] {
  expect(text.endsWith("\n")).toBe(true);
  return text.slice(0, -1).split("\n");
}
