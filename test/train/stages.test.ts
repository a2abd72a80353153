/** @file Stages: borders, learning rates and data of each, and a run through them that may stop anywhere. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../../src/engine/messages.ts";
import type { TrainSample } from "../../src/schema/records.ts";
import { type ResolvedTrainOptions, TrainOptions } from "../../src/schema/options/train.ts";
import { SequenceSettings } from "../../src/schema/settings.ts";
import { settingsFor } from "../../src/text/from-settings.ts";
import { freshLora } from "../../src/train/init-adapter.ts";
import { run } from "../../src/train/job.ts";
import { AdamW } from "../../src/train/optimizer.ts";
import { planRun } from "../../src/train/run-plan.ts";
import { dataWarnings } from "../../src/train/sample-losses.ts";
import { rateAt } from "../../src/train/schedule.ts";
import { stageData } from "../../src/train/stage-data.ts";
import { planStages, stageOf, updatesWithout } from "../../src/train/stages.ts";
import { Interrupted } from "../../src/util/errors.ts";
import { packageRoot } from "../../src/util/package-root.ts";
import { tempDir } from "../helpers/temp.ts";

const optionsOf = (given: object): ResolvedTrainOptions => {
  const parsed = TrainOptions.parse({ input: ["prepared"], model: "base", output: "model", warmup_steps: 2, learning_rate: 1, ...given });
  return { ...parsed, ...SequenceSettings.parse({}), ...freshLora(parsed) };
};
const staged = (...stages: object[]) => optionsOf({ stages });

describe("the plan", () => {
  it("is one stage of everything where none are given", () => {
    const [only, ...rest] = planStages(optionsOf({}), 10);
    expect(rest).toEqual([]);
    expect(only).toMatchObject({ number: 1, first: 0, end: 10 });
    for (let at = 0; at < 10; at++) expect(only!.rateAt(at)).toBe(rateAt(at, { ...optionsOf({}), total: 10 }));
  });

  it("gives every update to one stage, by the shares, to the last one", () => {
    for (const shares of [
      [1, 1],
      [2, 1],
      [0.3, 0.3, 0.4],
      [1, 5, 1, 3],
    ])
      for (const total of [7, 10, 100, 101]) {
        const stages = planStages(staged(...shares.map((share) => ({ share }))), total);
        const ends = stages.map(({ end }) => end);
        expect(stages.map(({ first }) => first)).toEqual([0, ...ends.slice(0, -1)]);
        expect(ends.at(-1)).toBe(total);
        const sum = shares.reduce((a, b) => a + b, 0);
        stages.forEach(({ first, end }, at) => expect(Math.abs(end - first - (total * shares[at]!) / sum)).toBeLessThanOrEqual(1));
        for (let update = 0; update < total; update++)
          expect(stages.filter(({ first, end }) => first <= update && update < end)).toEqual([stageOf(stages, update)]);
      }
  });

  it("shares one schedule of the whole run, but for a stage with a learning rate of its own, which starts over", () => {
    const [one, two, three] = planStages(staged({}, { learning_rate: 0.5, warmup_steps: 1 }, {}), 30);
    const whole = { ...optionsOf({}), total: 30 };
    expect([one!.rateAt(9), three!.rateAt(20)]).toEqual([rateAt(9, whole), rateAt(20, whole)]);
    expect(Array.from({ length: 10 }, (_, at) => two!.rateAt(10 + at))).toEqual(
      Array.from({ length: 10 }, (_, at) => rateAt(at, { ...whole, learning_rate: 0.5, warmup_steps: 1, total: 10 })),
    );
    expect(two!.rateAt(10)).toBe(0);
    expect(two!.rateAt(11)).toBe(0.5);
  });

  it("overrides what a stage may override, and refuses other keys and stages without an update", () => {
    const [one, two] = planStages(staged({ objectives: ["retrieval"], alpha: 0 }, {}), 10);
    expect(one!.options).toMatchObject({ objectives: ["retrieval"], alpha: 0, gen_weight: 1 });
    expect(two!.options).toMatchObject({ objectives: ["retrieval", "generation", "context-identification"], alpha: 0.5 });
    expect(() => staged({ batch_size: 4 })).toThrow(/batch_size/);
    expect(() => planStages(staged({ share: 9 }, {}), 4)).toThrow("stages[1] has the share 1 of 4 updates, less than one");
  });
});

const sample = (id: number, objectives: TrainSample["objectives"]): TrainSample => ({
  id: String(id),
  source: "a",
  positive: "gold",
  objectives,
  history: [],
  question: "?",
  positives: [{ id: `p${id}`, title: "", text: "x" }],
  negatives: [],
  responses: [{ text: "r", evidence: [] }],
});

describe("the data of the stages", () => {
  const idsOf = (samples: readonly TrainSample[], options: ResolvedTrainOptions, total: number) => {
    const stages = planStages(options, total);
    const data = stageData(stages, samples);
    return Array.from({ length: total }, (_, update) => {
      const { mixture, poolOf } = data[stageOf(stages, update).number - 1]!;
      return mixture.pool(poolOf(update, 0)).samples.map(({ id }) => id);
    });
  };
  const all = Array.from({ length: 12 }, (_, id) => sample(id, ["retrieval", "generation", "context-identification"]));

  it("goes on across a border as if there were none, where the stages draw from the same samples", () => {
    const two = staged({ objectives: ["retrieval"] }, { objectives: ["context-identification"] });
    expect(idsOf(all, { ...two, batch_size: 4 }, 7)).toEqual(idsOf(all, { ...optionsOf({}), batch_size: 4 }, 7));
  });

  it("holds only samples that feed a loss of the stage, and never shows a shuffle of an epoch again", () => {
    const some = all.map((each, at) => (at < 8 ? each : sample(at, ["generation"])));
    const options = { ...staged({ objectives: ["retrieval", "generation"] }, { objectives: ["retrieval"] }), batch_size: 4 };
    const pools = idsOf(some, options, 8);
    expect(new Set(pools.slice(0, 3).flat()).size).toBe(12);
    // The second stage: 8 samples, two pools an epoch, from the epoch after the two that were begun.
    expect(new Set(pools.slice(4, 6).flat())).toEqual(new Set(some.slice(0, 8).map(({ id }) => id)));
    const alone = { ...optionsOf({ objectives: ["retrieval"] }), batch_size: 4 };
    expect(pools.slice(4)).toEqual(idsOf(some, alone, 8).slice(4, 8));
  });
});

it("a tensor that a stage passes by has younger moments: it moves as one whose training begins", () => {
  const stages = planStages(staged({}, {}), 20);
  const steps = [{ trained: new Map() }, { trained: new Map([["late", {} as never]]) }];
  const missed = (name: string, updates: number) => updatesWithout(name, updates, { stages, steps });
  expect([updatesWithout("late", 4, { stages, steps }), missed("late", 10), missed("late", 15)]).toEqual([4, 10, 10]);
  const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0 };
  const one = new Map([["late", Float32Array.of(1)]]);
  const other = new Map([["late", Float32Array.of(1)]]);
  const [joins, begins] = [new AdamW(one, { ...options, missed }), new AdamW(other, options)];
  joins.state.updates = 10;
  for (const g of [0.3, -2, 0.01]) {
    const gradients = new Map([["late", Float32Array.of(g)]]);
    for (const [optimizer, parameters] of [
      [joins, one],
      [begins, other],
    ] as const)
      optimizer.update(parameters, gradients, { learning_rate: 0.1, scale: 1, isDecayed: () => false });
    expect(one.get("late")![0]).toBe(other.get("late")![0]);
  }
});

describe("a run", () => {
  const folder = tempDir();
  const at = (name: string) => join(folder, name);
  const uniconv = (command: string) =>
    spawnSync(process.execPath, [join(packageRoot(), "bin/uniconv.js"), ...command.split(" ")], { cwd: folder, encoding: "utf8" });
  beforeAll(() => {
    uniconv("prepare-data --dataset quickstart --output prepared --limit 20 -q");
    // An untied head: a stage without a generation loss does not train it.
    uniconv(
      "init-model --input prepared --output base --vocab-size 400 --hidden-size 16 --num-hidden-layers 1 --num-attention-heads 2 --intermediate-size 24 --no-tie-word-embeddings -q",
    );
  });

  const small = {
    batch_size: 2,
    max_steps: 6,
    warmup_steps: 0,
    logging_steps: 1,
    max_query_length: 64,
    max_passage_length: 48,
    max_response_length: 16,
  };
  const resolved = (given: object): ResolvedTrainOptions => {
    const parsed = TrainOptions.parse({
      input: [at("prepared")],
      model: at("base"),
      output: at("model"),
      device: "cpu",
      ...small,
      ...given,
    });
    return { ...parsed, ...settingsFor(at("base"), parsed), ...freshLora(parsed) };
  };
  /** Runs in `dir`; asked to stop after update `stop`, as by Ctrl-C. */
  const train = async (options: ResolvedTrainOptions, dir: string, stop = Infinity): Promise<void> => {
    const job = {
      stopping: false,
      info: () => {},
      warn: () => {},
      metric: () => {},
      report: ({ done }: { done: number }) => (job.stopping = done >= stop),
    };
    await run({ options, threads: 1, dir, files: [join(at("prepared"), "train.jsonl")] }, job as unknown as Job);
  };
  const files = (dir: string) =>
    Object.fromEntries(
      readdirSync(dir, { withFileTypes: true })
        // Folders hold checkpoints and event files, which are no part of the result.
        .filter((entry) => entry.isFile() && entry.name !== "timing.jsonl")
        .map(({ name }) => [name, readFileSync(join(dir, name)).toString("base64")]),
    );
  const lines = (dir: string) =>
    readFileSync(join(dir, "metrics.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, number>);

  it.each(["full", "lora"])(
    "resumed before, at and behind a border writes the bytes of the run that never stopped (%s)",
    async (tuning) => {
      const stages = [{ objectives: ["retrieval"] }, { objectives: ["generation", "context-identification"], learning_rate: 2e-3 }];
      const options = resolved({ stages, tuning, lora_r: 2, lora_dropout: tuning === "lora" ? 0.1 : 0 });
      const whole = tempDir();
      await train(options, whole);
      const expected = files(whole);
      const seen = lines(whole);
      expect(seen.map(({ stage }) => stage)).toEqual([1, 1, 1, 2, 2, 2]);
      const termsOf = (line: object) => Object.keys(line).filter((key) => key.startsWith("L_"));
      expect(seen.map((line) => termsOf(line).join())).toEqual(["L_R", "L_R", "L_R", "L_CII,L_G", "L_CII,L_G", "L_CII,L_G"]);
      const broken = tempDir();
      for (const stop of [2, 3, 4]) await expect(train(options, broken, stop)).rejects.toThrow(Interrupted);
      await train(options, broken);
      expect(files(broken)).toEqual(expected);
    },
  );

  it("of two stages begins as the run of the first alone, on the same data and the same schedule", async () => {
    const [two, one] = [tempDir(), tempDir()];
    await train(resolved({ stages: [{ objectives: ["retrieval", "generation"] }, { objectives: ["context-identification"] }] }), two);
    await train(resolved({ objectives: ["retrieval", "generation"] }), one);
    const first = (dir: string) =>
      lines(dir)
        .slice(0, 3)
        .map(({ stage: _stage, ...line }) => line);
    expect(first(two)).toEqual(first(one));
  });

  const records = () =>
    readFileSync(join(at("prepared"), "train.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as TrainSample);

  it("leaves out samples that feed no loss with a weight, and says how many of which source", () => {
    const all = records();
    const speaks = all.map((record, i): TrainSample => (i % 3 === 0 ? { ...record, objectives: ["generation"] } : record));
    const left = Math.ceil(all.length / 3);
    expect(dataWarnings(speaks, planStages(resolved({ objectives: ["retrieval"] }), 6))).toEqual([
      `${left} of ${all.length} samples feed none of the losses that have a weight and are left out: ${all[0]!.source} ${left}`,
    ]);
  });

  it("of pools of one says how many samples have nothing to be told from", () => {
    const some = records().map((record, i): TrainSample => ({ ...record, negatives: i === 0 ? record.positives : [] }));
    expect(dataWarnings(some, planStages(resolved({ batch_size: 1, hard_negatives: 2, objectives: ["retrieval"] }), 6))).toEqual([
      `${some.length - 1} of ${some.length} samples have no hard negatives: alone in their pool, they teach nothing by contrast`,
    ]);
  });

  it("without samples, or with none that a stage could learn from, is refused before anything is computed", async () => {
    const empty = at("empty.jsonl");
    writeFileSync(empty, "");
    await expect(planRun({ options: resolved({}), files: [empty] })).rejects.toThrow(`${empty}: 0 records: the file is empty`);
    const silent = at("silent.jsonl");
    writeFileSync(
      silent,
      records()
        .map((record) => `${JSON.stringify({ ...record, objectives: ["retrieval"] })}\n`)
        .join(""),
    );
    const options = resolved({ stages: [{}, { objectives: ["generation"] }] });
    await expect(planRun({ options, files: [silent] })).rejects.toThrow(
      "there is nothing to learn: no sample feeds L_G, whose weight gen_weight is 1",
    );
  });
});
