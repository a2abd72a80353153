/** @file What prepare-data writes, on our own samples in the datasets' formats. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { preparedLines } from "../../src/prepare/report.ts";
import { freshFolder, prepare, sample } from "./prepared.ts";

const inscit = { dataset: "inscit", input: [sample("inscit", "dev.json")] };
const finalRelease = { dataset: "topiocqa", input: [sample("topiocqa", "final_dev.json")] };
const firstRelease = { dataset: "topiocqa", input: [sample("topiocqa", "first_train.json")] };
const collection = [sample("topiocqa", "full_wiki_segments.tsv")];
const qrels = [sample("topiocqa", "dev_gold.trec")];

describe("quickstart", () => {
  test("needs no input and comes with its splits, passages, judgements and training samples", async () => {
    const { turns, passages, train, qrels: judged, stats } = await prepare({ dataset: "quickstart" });
    expect(stats["splits"]).toMatchObject({
      train: { conversations: 100, turns: 435 },
      dev: { conversations: 12, turns: 50 },
      test: { conversations: 36, turns: 162 },
    });
    expect([turns.length, passages.length, judged.length, train.length]).toEqual([647, 200, 647, 435]);
    expect(stats).toMatchObject({ turns_with_gold: 647, turns_without_gold: 0, samples_by_positive: { gold: 435 } });
    const trainTurns = new Set(turns.filter((turn) => turn.split === "train").map((turn) => turn.id));
    expect(train.map(({ id }) => id)).toEqual([...trainTurns]);
    for (const { positives, responses } of train) expect(responses[0]!.evidence).toEqual([positives[0]!.id]);
  });

  test("gives equal bytes twice and says that it is done", async () => {
    const first = await prepare({ dataset: "quickstart" });
    const second = await prepare({ dataset: "quickstart" });
    expect(second.bytes).toEqual(first.bytes);
    expect(readFileSync(join(second.output, "manifest.json"), "utf8")).toBe(readFileSync(join(first.output, "manifest.json"), "utf8"));
    expect((await prepare({ dataset: "quickstart", output: first.output })).status).toBe("done");
  });

  test("cuts the history to none or to the last exchanges", async () => {
    const full = await prepare({ dataset: "quickstart" });
    const none = await prepare({ dataset: "quickstart", history: "none" });
    const two = await prepare({ dataset: "quickstart", history: "2" });
    expect(Math.max(...full.turns.map(({ history }) => history.length))).toBeGreaterThan(4);
    expect(none.turns.every(({ history }) => history.length === 0) && none.train.every(({ history }) => history.length === 0)).toBe(true);
    expect(two.turns.map(({ history }) => history)).toEqual(full.turns.map(({ history }) => history.slice(-2)));
    expect(two.train.map(({ history }) => history)).toEqual(full.train.map(({ history }) => history.slice(-2)));
  });

  test("keeps the first turns under --limit, marks the artifact partial and counts the rest", async () => {
    const { turns, manifest, stats } = await prepare({ dataset: "quickstart", limit: 10 });
    expect(turns).toHaveLength(10);
    expect(manifest.partial).toBe(true);
    expect(stats).toMatchObject({
      turns: { read: 647, kept: 10, excluded: { "beyond --limit": 637 } },
      judgements: { read: 647, kept: 10, excluded: { "its turn was left out": 637 } },
    });
  });
});

describe("INSCIT", () => {
  test("takes the union of all labels' evidence as gold and every response as a reference", async () => {
    const { turns, qrels: judged, passages } = await prepare({ ...inscit, split: "test" });
    expect(turns[0]!.responses).toEqual(["Between two and four days, at about 1,000 °C.", "A kiln burns for up to four days."]);
    expect(judged.filter(([turn]) => turn === "craft_level1_dial1_1")).toEqual([
      ["craft_level1_dial1_1", "0", "Brick kiln:2", "1"],
      ["craft_level1_dial1_1", "0", "Brick kiln:0", "1"],
    ]);
    expect(passages.map(({ id }) => id)).toEqual(["Brick kiln:2", "Brick kiln:0", "Clamp (kiln):1", "Clay pit:3", "Salt glaze:1"]);
    expect(passages[0]!.title).toBe("Brick kiln [SEP] Firing");
    expect(passages[1]!.title).toBe("");
  });

  test("takes the history from the context, whichever label went on into it", async () => {
    const { turns } = await prepare(inscit);
    expect(turns[3]!.history.map(({ response }) => response)).toEqual([
      "A kiln burns for up to four days.",
      "A clamp has no permanent walls: it is taken apart after every firing.",
      "I do not know where, but it was dug in autumn and left to freeze.",
    ]);
  });

  test("keeps the evidence of each response beside it in training; a turn without gold only teaches to answer", async () => {
    const { train, stats } = await prepare({ ...inscit, split: "train" });
    expect(train[0]!.positives.map(({ id }) => id)).toEqual(["Brick kiln:2", "Brick kiln:0"]);
    expect(train[0]!.responses.map(({ evidence }) => evidence)).toEqual([["Brick kiln:2"], ["Brick kiln:2", "Brick kiln:0"]]);
    expect(train[3]).toMatchObject({ positive: "none", objectives: ["generation"], positives: [] });
    expect(stats).toMatchObject({ turns_with_gold: 5, turns_without_gold: 1, samples_by_positive: { gold: 5, none: 1 } });
  });

  test("names the types of the labels", async () => {
    const { turns } = await prepare(inscit);
    expect(turns.map(({ tags }) => tags["response_type"])).toEqual([
      "directAnswer",
      "directAnswer",
      "clarification+noAnswerButRelevantInfo",
      "noAnswerNoRelevantInfo",
      "directAnswer",
      "noAnswerButRelevantInfo",
    ]);
  });
});

describe("TopiOCQA, final release", () => {
  test("takes passages and judgements from the records, additional answers in both their forms", async () => {
    const { turns, passages, qrels: judged } = await prepare(finalRelease);
    expect(turns.map(({ responses }) => responses.length)).toEqual([2, 1, 3, 1, 1, 2, 1]);
    expect(passages.map(({ id }) => id)).toEqual(["101", "102", "206", "205", "301"]);
    expect(judged.map(([turn, , passage]) => `${turn} ${passage}`)).toEqual([
      "1_1 101",
      "1_2 102",
      "1_3 206",
      "1_4 205",
      "1_5 205",
      "2_1 301",
      "2_2 301",
    ]);
    expect(turns.map(({ split }) => split)).toEqual(Array.from({ length: 7 }, () => "dev"));
  });

  test("tells first turns, topic switches and continuations apart", async () => {
    const { turns } = await prepare(finalRelease);
    expect(turns.map(({ tags }) => tags["topic_shift"])).toEqual([
      "first",
      "continue",
      "switch",
      "continue",
      "continue",
      "first",
      "continue",
    ]);
    expect(turns[4]!.tags).toEqual({ topic_shift: "continue" });
  });

  test("prefers a collection and judgements of their own, and trains on the gold passages found there", async () => {
    const { passages, qrels: judged, train } = await prepare({ ...finalRelease, collection, qrels, split: "train" });
    expect(passages.map(({ id }) => id)).toEqual(["101", "102", "205", "206", "301", "400"]);
    expect(passages[2]!.text).toContain('cut anew every few weeks by a "dresser", who');
    expect(passages[5]!.text).toBe("A horse mill is turned by a horse walking in a circle.\nOne horse ground about as much as two people.");
    expect(judged).toHaveLength(7);
    expect(train.map(({ positives }) => positives.map(({ id }) => id))).toEqual([
      ["101"],
      ["102"],
      ["206"],
      ["205"],
      ["205"],
      ["301"],
      ["301"],
    ]);
    expect(train[0]).toMatchObject({ positive: "gold", objectives: ["retrieval", "generation", "context-identification"] });
    expect(train[0]!.responses[0]!.evidence).toEqual(["101"]);
  });
});

describe("TopiOCQA, first release", () => {
  test("has no passages and no judgements, and says so", async () => {
    const { passages, qrels: judged, stats } = await prepare(firstRelease);
    expect([passages, judged]).toEqual([[], []]);
    expect(preparedLines(stats).join("\n")).toMatch(/first release: it names no gold passages/);
    expect(stats["turns_with_gold"]).toBe(0);
  });

  test("trains on a stand-in made of topic, section and answer; short answers and UNANSWERABLE only teach to answer", async () => {
    const { train } = await prepare(firstRelease);
    expect(train.map(({ positive }) => positive)).toEqual(["pseudo", "none", "pseudo", "none", "pseudo", "pseudo", "none"]);
    expect(train[0]!.positives).toEqual([{ id: "pseudo:1_1", title: "Tide mill. Introduction", text: "Water held back at high tide" }]);
    expect(train[0]!.responses).toEqual([{ text: "Water held back at high tide", evidence: [] }]);
    expect(train[3]).toMatchObject({ objectives: ["generation"], positives: [], responses: [{ text: "Millstones" }] });
    expect(train[6]).toMatchObject({ objectives: ["generation"], responses: [{ text: "UNANSWERABLE" }] });
  });

  test("is never joined with published judgements", async () => {
    await expect(prepare({ ...firstRelease, qrels })).rejects.toThrow(/numbered otherwise than in every published qrels file/);
  });
});

describe("--split-conversations", () => {
  const deal = { dataset: "quickstart", split_conversations: "train=90,dev=8,test=40" } as const;

  test("deals whole conversations by the seed, whatever the order of the file, and records them", async () => {
    const one = await prepare({ ...deal, seed: 1 });
    expect(one.stats["splits"]).toMatchObject({ train: { conversations: 90 }, dev: { conversations: 8 }, test: { conversations: 40 } });
    const bySplit = new Map<string, Set<string>>();
    for (const { split, conversation } of one.turns) bySplit.set(conversation, (bySplit.get(conversation) ?? new Set()).add(split));
    expect([...bySplit.values()].every((found) => found.size === 1)).toBe(true);
    const recorded = (one.manifest.stats["split_conversations"] as Record<string, { ids: string[] }>)["dev"]!.ids;
    expect(recorded).toEqual([...new Set(one.turns.filter(({ split }) => split === "dev").map(({ conversation }) => conversation))].sort());

    const folder = freshFolder();
    for (const name of ["passages.jsonl", "conversations.jsonl"]) {
      const lines = readFileSync(join(sample("quickstart", ".."), "data", name), "utf8")
        .trimEnd()
        .split("\n");
      writeFileSync(join(folder, name), `${lines.toReversed().join("\n")}\n`);
    }
    const reversed = await prepare({ ...deal, seed: 1, input: [folder] });
    expect(reversed.manifest.stats["split_conversations"]).toEqual(one.manifest.stats["split_conversations"]);
    const other = await prepare({ ...deal, seed: 2 });
    expect(other.manifest.stats["split_conversations"]).not.toEqual(one.manifest.stats["split_conversations"]);
  });

  test("leaves the rest out, with a count, and refuses more than there are", async () => {
    const { stats, train } = await prepare({ ...inscit, split_conversations: "train=1" });
    expect(stats["turns"]).toMatchObject({ read: 6, excluded: { "its conversation was dealt to no split": expect.any(Number) as number } });
    expect(train.length).toBeGreaterThan(0);
    await expect(prepare({ ...inscit, split_conversations: "train=2,test=1" })).rejects.toThrow(
      /asks for 3 conversations, the input has 2/,
    );
  });
});

describe("inverse-cloze", () => {
  test("draws spans of the passages of a prepared folder, the same for a passage whatever stands around it", async () => {
    const prepared = await prepare({ dataset: "quickstart" });
    const cloze = await prepare({ dataset: "inverse-cloze", input: [prepared.output], samples_per_passage: 2 });
    expect(cloze.train).toHaveLength(400);
    expect(new Set(cloze.train.map(({ id }) => id)).size).toBe(400);
    for (const { question, positives, objectives } of cloze.train) {
      expect(positives[0]!.text).toContain(question);
      expect(question.split(" ").length).toBeGreaterThanOrEqual(3);
      expect(objectives).toEqual(["retrieval"]);
    }
    const folder = freshFolder();
    writeFileSync(join(folder, "one.jsonl"), `${JSON.stringify(prepared.passages[7])}\n`);
    const alone = await prepare({ dataset: "inverse-cloze", input: [join(folder, "one.jsonl")], samples_per_passage: 2 });
    expect(alone.train).toEqual(cloze.train.slice(14, 16));
    const reseeded = await prepare({ dataset: "inverse-cloze", input: [prepared.output], seed: 5 });
    expect(reseeded.train.map(({ question }) => question)).not.toEqual(
      cloze.train.filter((_, i) => i % 2 === 0).map(({ question }) => question),
    );
  });

  test("counts the passages too short for a span", async () => {
    const { train, stats } = await prepare({ dataset: "inverse-cloze", input: [sample("inverse-cloze", "passages.jsonl")] });
    expect(train).toHaveLength(5);
    expect(stats["samples"]).toEqual({ read: 6, kept: 5, excluded: { "a passage of 3 words or fewer has no span to draw": 1 } });
  });
});

describe("an interrupted run", () => {
  test("leaves what --resume makes whole", async () => {
    const passage = (i: number) => `${JSON.stringify({ id: String(i), title: "Title", text: "word ".repeat(20) })}\n`;
    const input = [join(freshFolder(), "passages.jsonl")];
    writeFileSync(input[0]!, Array.from({ length: 20_000 }, (_, i) => passage(i)).join(""));
    const options = { dataset: "inverse-cloze", input, output: join(freshFolder(), "prepared") };
    const controller = new AbortController();
    let asked = 0;
    Object.defineProperty(controller.signal, "aborted", { get: () => ++asked > 15_000 });
    await expect(prepare(options, controller.signal)).rejects.toMatchObject({ exitCode: 130 });
    expect([existsSync(options.output), existsSync(`${options.output}.partial`)]).toEqual([false, true]);
    await expect(prepare(options)).rejects.toThrow(/--resume/);
    const { bytes, train } = await prepare({ ...options, resume: true });
    expect(train).toHaveLength(20_000);
    expect(bytes).toEqual((await prepare({ ...options, output: `${options.output}-again` })).bytes);
    expect(existsSync(`${options.output}.partial`)).toBe(false);
  });
});
