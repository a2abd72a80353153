/** @file `evaluate` of answers: whose F1, its presets, the turns MS MARCO leaves out, INSCIT's stored predictions. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { MetricsFile } from "../../src/schema/metrics-file.ts";
import { needs } from "../helpers/shared-data.ts";
import { prepare } from "../prepare/prepared.ts";
import { cell, check, prepared, responses, root, turn } from "./world.ts";

afterAll(() => rmSync(root, { recursive: true }));

const turns = [
  turn("a", "test", ["a cat isn't here", "the dog", "CANNOTANSWER"]),
  turn("b", "test", ["CANNOTANSWER", "two birds"]),
  turn("c", "test", ["the"]),
];
const answers = { a: "cat is there", b: "two birds", c: "" };

describe("--f1-variant", () => {
  // a: against "cat isnt here" 1/3, in spaCy's tokens "cat is nt here" 2 * 2 / (3 + 4); against "dog" and CANNOTANSWER 0
  it.each([
    ["squad", "", (1 / 3 + 1 + 1) / 3, "max"],
    ["inscit", "", (4 / 7 + 1 + 1) / 3, "max"],
    ["topiocqa", "", (((2 / 3) * 1) / 3 + 0.5 + 1) / 3, "loo"],
    // a is answerable by two of three and drops the third, b is not by one of two; nothing equals nothing is no match
    ["quac", "", (0.5 * (1 / 3) + 0 + 0) / 3, "loo"],
    ["topiocqa", "max", (1 / 3 + 1 + 1) / 3, "max"],
    ["quac", "max", 1 / 3 / 3, "max"],
    ["squad", "first", (1 / 3 + 0 + 1) / 3, "first"],
  ] as const)("%s, --multi-ref %j: its own tokens, empty answers and references", async (f1_variant, multi_ref, score, how) => {
    const options = { input: await prepared({ turns }), responses: [await responses(answers)], metric: ["F1"], f1_variant };
    const result = await check({ ...options, ...(multi_ref && { multi_ref }) });
    expect(cell(result, result.evaluation.systems[0]!.name, "F1")!.value).toBeCloseTo(score, 12);
    expect(result.evaluation.protocol).toMatchObject({ "F1 variant": f1_variant, "several references": how });
  });

  it("is squad when nothing is said, stands in metrics.json, and sets how EM and ROUGE combine references too", async () => {
    const base = { input: await prepared({ turns }), responses: [await responses(answers)], metric: ["EM", "ROUGE-1"] };
    const plain = await check({ ...base, output: join(root, "plain") });
    const loo = await check({ ...base, f1_variant: "topiocqa" });
    const { config } = MetricsFile.parse(JSON.parse(readFileSync(join(root, "plain/metrics.json"), "utf8")));
    expect(config).toMatchObject({ "F1 variant": "squad", "several references": "max" });
    const [name] = plain.evaluation.systems.map((system) => system.name);
    expect(cell(plain, name!, "EM")!.value).toBeCloseTo(2 / 3, 12);
    expect(cell(loo, name!, "EM")!.value).toBeCloseTo(1.5 / 3, 12);
    expect(cell(loo, name!, "ROUGE-1")!.value).toBeLessThan(cell(plain, name!, "ROUGE-1")!.value!);
  });

  it("cuts evidence into its tokens as well, and leaves its rules for annotators aside", async () => {
    const evidence = [{ ...turn("a", "test", []), evidence: ["CANNOTANSWER", "it isn't a cat"] }];
    const base = { input: await prepared({ turns: evidence }), responses: [await responses({ a: "it is" })], metric: ["Evidence-F1"] };
    const score = async (f1_variant: string): Promise<number> => {
      const result = await check({ ...base, f1_variant });
      return cell(result, result.evaluation.systems[0]!.name, "Evidence-F1")!.value!;
    };
    // of "cannotanswer it isnt cat" one token is met, of "cannotanswer it is nt cat" two
    expect(await score("squad")).toBeCloseTo(2 / (2 + 4), 12);
    expect(await score("quac")).toBeCloseTo(2 / (2 + 4), 12);
    expect(await score("inscit")).toBeCloseTo(4 / (2 + 5), 12);
  });
});

describe("MS MARCO's metrics", () => {
  const lines = (name: string): { query_id: number; answers: string[] }[] =>
    readFileSync(join(marco.path, name), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { query_id: number; answers: string[] });
  const marco = needs("vectors", "msmarco_qa");

  it("leave out the turns whose reference is that there is none, and say how many were scored", async () => {
    const unanswerable = [turn("x", "test", ["No Answer Present."]), ...turns];
    const options = {
      input: await prepared({ turns: unanswerable }),
      responses: [await responses({ ...answers, x: "No Answer Present." })],
    };
    const result = await check({ ...options, metric: ["EM", "BLEU-1", "ROUGE-L-msmarco"] });
    const name = result.evaluation.systems[0]!.name;
    expect(["EM", "BLEU-1", "ROUGE-L-msmarco"].map((metric) => cell(result, name, metric)!.n)).toEqual([4, 3, 3]);
    expect(result.evaluation.protocol).toMatchObject({ "turns with references": 4, "answerable turns": 3 });
    expect(result.said).toEqual([expect.stringMatching(/answers 1 turns beside the answerable turns; they are not scored/)]);
  });

  it("have nothing to say of answers to such turns alone", async () => {
    const input = await prepared({ turns: [turn("x", "test", ["No Answer Present."]), ...turns] });
    const result = await check({ input, responses: [await responses({ x: "No Answer Present." })], metric: ["EM", "BLEU-1"] });
    expect(cell(result, result.evaluation.systems[0]!.name, "BLEU-1")).toMatchObject({
      value: null,
      reason: "no answerable turn is answered",
    });
  });

  it.skipIf(marco.absent)(marco.title("come out as published on its own sample, where a missing answer is an empty one"), async () => {
    const references = lines("sample_references.json").map(({ query_id, answers: texts }) => turn(String(query_id), "test", texts));
    const candidates = Object.fromEntries(lines("sample_candidates.json").map(({ query_id, answers: [text] }) => [query_id, text!]));
    const scores = async (only: typeof references): Promise<(number | null)[]> => {
      const result = await check({
        input: await prepared({ turns: only }),
        responses: [await responses(candidates)],
        metric: ["BLEU-1", "BLEU-2", "ROUGE-L-msmarco"],
      });
      return result.evaluation.systems[0]!.cells.map(({ value }) => value);
    };
    // Published before query 1 came in.
    for (const [i, score] of (await scores(references.filter(({ id }) => id !== "1"))).entries())
      expect(score).toBeCloseTo([0.00852, 0, 0.03093][i]!, 5);
    for (const [i, score] of (await scores(references)).entries()) expect(score).toBeCloseTo([0.00437, 0, 0.02062][i]!, 5);
  });
});

const inscit = needs("inscit", "eval_sample");

describe.skipIf(inscit.absent)(inscit.title("INSCIT's stored predictions"), () => {
  it.each(["fid", "dialki_fid", "human"])("%s: our command gives the F1 of INSCIT's own definition", async (system) => {
    const golden = JSON.parse(readFileSync(join(import.meta.dirname, "../eval/golden/variants.json"), "utf8")) as {
      real: Record<string, { inscit: number }>;
    };
    const rows = JSON.parse(readFileSync(join(inscit.path, `${system}.json`), "utf8")) as {
      conv_id: string;
      turn_id: number;
      output: { response: string };
    }[];
    const { output } = await prepare({ dataset: "inscit", input: [needs("inscit", "dev.json").path] });
    const stored = await responses(Object.fromEntries(rows.map((row) => [`${row.conv_id}_${row.turn_id}`, row.output.response])));
    const result = await check({ input: output, responses: [stored], metric: ["F1"], f1_variant: "inscit", averaging: "intersection" });
    expect(cell(result, result.evaluation.systems[0]!.name, "F1")).toMatchObject({ n: rows.length });
    expect(cell(result, result.evaluation.systems[0]!.name, "F1")!.value).toBeCloseTo(golden.real[`inscit/${system}`]!.inscit, 12);
  });
});
