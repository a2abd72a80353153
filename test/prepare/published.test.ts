/** @file The counts of a paper's datasets beside ours: what is the same is said, what differs is not imitated. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { published, publishedLines } from "../../src/prepare/published.ts";
import { readReference } from "../../src/util/reference.ts";
import { needs } from "../helpers/shared-data.ts";
import { preparedQrecc } from "./qrecc-ids.ts";
import { prepare, sample } from "./prepared.ts";

const renumbered = needs("topiocqa", "topiocqa_dev_renumbered.json.gz");
const qrecc = needs("qrecc", "infocqr", "qrels_test.txt.gz");
const zip = needs("topiocqa", "topiocqa.zip");
const inscit = needs("inscit", "dev.json");

test("the paper's counts follow from each other: turns a conversation to the printed digit, but for the two it has wrong", () => {
  const { splits, statistics } = readReference("uniconv-2507.07030");
  const wrong = Object.entries(statistics!.datasets).filter(([dataset, { turns_per_conversation }]) => {
    const { conversations, turns } = splits[dataset]!;
    return Math.abs(turns / conversations - turns_per_conversation.mean) > 0.05;
  });
  expect(wrong.map(([dataset]) => dataset)).toEqual(["topiocqa", "qrecc"]);
  expect(wrong.every(([, { remark }]) => remark !== undefined)).toBe(true);
  expect(Object.keys(statistics!.datasets)).toEqual(Object.keys(splits));
});

describe.skipIf(renumbered.absent)(renumbered.title("TopiOCQA dev beside Table 8"), () => {
  test("has the paper's conversations and turns, and neither its turns a conversation nor its gold passages", async () => {
    const { stats } = await prepare({ dataset: "topiocqa", input: [renumbered.path], split: "dev" });
    expect(publishedLines(published("topiocqa", stats))).toEqual([
      "dev beside Table 8 of uniconv-2507.07030:",
      "  the same: conversations 205, turns 2,514",
      "  differs: mean turns a conversation 12.26 (paper: 12.9), fewest 10 (paper: 5), most 16 (paper: 25), gold passages a turn 1 (paper: 9)",
      expect.stringMatching(/^ {2}recounted: 12\.9, 5 and 25 turns are those of train and dev together/),
    ]);
    const limited = await prepare({ dataset: "topiocqa", input: [renumbered.path], split: "dev", limit: 100 });
    expect(publishedLines(published("topiocqa", limited.stats))).toEqual([
      "Table 8 of uniconv-2507.07030 counts another split: 205 conversations and 2,514 turns of dev",
    ]);
  });
});

test.skipIf(zip.absent)(
  zip.title("the turns a conversation that Table 8 gives for TopiOCQA dev are those of train and dev together"),
  () => {
    const lengths = (split: string): number[] => {
      const text = execFileSync("unzip", ["-p", zip.path, `topiocqa_${split}.json`], { encoding: "utf8", maxBuffer: 1 << 28 });
      const counts = new Map<number, number>();
      for (const { Conversation_no: conversation } of JSON.parse(text) as { Conversation_no: number }[])
        counts.set(conversation, (counts.get(conversation) ?? 0) + 1);
      return [...counts.values()];
    };
    const all = [...lengths("train"), ...lengths("dev")];
    const { mean, min, max } = readReference("uniconv-2507.07030").statistics!.datasets["topiocqa"]!.turns_per_conversation;
    expect([all.length, Math.min(...all), Math.max(...all)]).toEqual([3714, min, max]);
    expect(all.reduce((sum, n) => sum + n, 0) / all.length).toBeCloseTo(mean, 1);
  },
);

describe.skipIf(qrecc.absent)(qrecc.title("QReCC test beside Table 8"), () => {
  test("has 2,775 conversations and 16,451 turns, of which 8,242 have no gold passage; 5.93 turns and 1.28 golds, not 5.3 and 1.6", async () => {
    const { stats } = await preparedQrecc(qrecc.path);
    const { test: counts } = stats["splits"] as { test: { not_judged: unknown; judged: number } };
    expect([counts.judged, counts.not_judged]).toEqual([8209, { "the judgements say that no passage answers them": 8242 }]);
    const [, same, differs, recounted] = publishedLines(published("qrecc", stats));
    expect(same).toBe("  the same: conversations 2,775, turns 16,451, most 12");
    expect(differs).toBe(
      "  differs: mean turns a conversation 5.93 (paper: 5.3), fewest 1 (paper: 2), gold passages a turn 1.28 (paper: 1.6)",
    );
    expect(recounted).toContain("5.93 turns (1 at least) and 1.28 gold passages");
  });
});

describe("a split the paper does not count", () => {
  test.skipIf(inscit.absent)(inscit.title("INSCIT dev is said to be another one"), async () => {
    const { stats } = await prepare({ dataset: "inscit", input: [inscit.path] });
    expect(publishedLines(published("inscit", stats))).toEqual([
      "Table 8 of uniconv-2507.07030 counts another split: 469 conversations and 2,767 turns of test",
    ]);
  });

  test("of training turns alone, and of datasets no paper counts, nothing is said", async () => {
    const inscitSample = { dataset: "inscit", input: [sample("inscit", "dev.json")] };
    expect(published("inscit", (await prepare({ ...inscitSample, split: "train" })).stats)).toEqual([]);
    expect(published("quickstart", (await prepare(inscitSample)).stats)).toEqual([]);
  });
});
