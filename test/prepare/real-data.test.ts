/** @file The exact figures of the real files, where they are on this machine. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { needs } from "../helpers/shared-data.ts";
import { freshFolder, prepare } from "./prepared.ts";

const inscit = needs("inscit", "dev.json");
const topiocqa = needs("topiocqa", "topiocqa.zip");
const renumbered = needs("topiocqa", "topiocqa_dev_renumbered.json.gz");
const qrels = needs("topiocqa", "qrels_retpo", "dev_gold.trec");

describe.skipIf(inscit.absent)(inscit.title("INSCIT dev"), () => {
  test("has 86 conversations, 502 turns, 996 passages, 485 turns with gold and 17 without", async () => {
    const { turns, passages, qrels: judged, stats } = await prepare({ dataset: "inscit", input: [inscit.path] });
    expect(stats).toMatchObject({
      splits: { dev: { conversations: 86, turns: 502 } },
      turns_with_gold: 485,
      turns_without_gold: 17,
    });
    expect([turns.length, passages.length, judged.length]).toEqual([502, 996, 1118]);
    expect(turns.filter(({ responses }) => responses.length === 2)).toHaveLength(333);
  });

  test("is dealt out 56, 10 and 20 by conversation, equal for equal seeds", async () => {
    const options = { dataset: "inscit", input: [inscit.path], split_conversations: "train=56,dev=10,test=20", seed: 7 };
    const { stats, passages, train, manifest } = await prepare(options);
    const sizes = stats["splits"] as Record<string, { conversations: number; turns: number }>;
    expect([sizes["train"]!.conversations, sizes["dev"]!.conversations, sizes["test"]!.conversations]).toEqual([56, 10, 20]);
    expect(train).toHaveLength(sizes["train"]!.turns);
    expect(passages).toHaveLength(996);
    expect((await prepare(options)).manifest).toEqual(manifest);
  });

  test("gives each response the evidence of its own label", async () => {
    const { train } = await prepare({ dataset: "inscit", input: [inscit.path], split: "train" });
    const gold = train.filter(({ positive }) => positive === "gold");
    expect(gold).toHaveLength(485);
    for (const { positives, responses } of gold) {
      expect(new Set(responses.flatMap(({ evidence }) => evidence))).toEqual(new Set(positives.map(({ id }) => id)));
    }
  });

  test("gives an inverse-cloze pair for all but the shortest of its passages", async () => {
    const { output } = await prepare({ dataset: "inscit", input: [inscit.path] });
    const { train, stats } = await prepare({ dataset: "inverse-cloze", input: [output] });
    expect((stats["samples"] as { read: number }).read).toBe(996);
    expect(train.length).toBeGreaterThan(980);
  });
});

describe.skipIf(topiocqa.absent)(topiocqa.title("TopiOCQA, first release"), () => {
  let folder = "";
  beforeAll(() => {
    folder = freshFolder();
    execFileSync("unzip", ["-q", topiocqa.path, "-d", folder]);
  });

  test("has 205 conversations and 2,514 turns in dev", async () => {
    const { stats, turns } = await prepare({ dataset: "topiocqa", input: [join(folder, "topiocqa_dev.json")] });
    expect(stats).toMatchObject({ splits: { dev: { conversations: 205, turns: 2514 } }, turns_with_gold: 0 });
    expect(turns.filter(({ responses }) => responses[0] === "UNANSWERABLE")).toHaveLength(174);
  });
});

describe.skipIf(renumbered.absent || qrels.absent)(renumbered.title("TopiOCQA dev under the final numbering"), () => {
  test("joins with the published judgements, one gold passage for each of 2,514 turns, and has 672 topic switches", async () => {
    const own = await prepare({ dataset: "topiocqa", input: [renumbered.path], split: "dev" });
    const published = await prepare({ dataset: "topiocqa", input: [renumbered.path], split: "dev", qrels: [qrels.path] });
    expect(own.qrels).toHaveLength(2514);
    expect(published.qrels.map((line) => line.join(" ")).sort()).toEqual(own.qrels.map((line) => line.join(" ")).sort());
    expect(new Set(own.qrels.map(([, , passage]) => passage)).size).toBe(1940);
    const shifts = (kind: string) => own.turns.filter(({ tags }) => tags["topic_shift"] === kind).length;
    expect([shifts("first"), shifts("switch"), shifts("continue")]).toEqual([205, 672, 1637]);
  });
});
