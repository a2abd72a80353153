/**
 * @file Settings that meet: whatever a run asks for at once, its losses and gradients in chunks are those of the whole pool in one graph.
 * UNICONV_COMBINATIONS=200 draws that many of them, UNICONV_COMBINATIONS_SEED=7 others.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { LORA_DEFAULTS, type ResolvedTrainOptions, TrainOptions } from "../../src/schema/options/train.ts";
import type { Passage, TrainSample } from "../../src/schema/records.ts";
import { SequenceSettings } from "../../src/schema/settings.ts";
import { checkObjective } from "../../src/train/check-objective.ts";
import { openSource } from "../../src/train/gradient-source.ts";
import type { Pool } from "../../src/train/pool.ts";
import { planRun, type RunPlan } from "../../src/train/run-plan.ts";
import { poolsOf, stepSpec } from "../../src/train/stage-runner.ts";
import { stageOptions } from "../../src/train/stages.ts";
import { buildStep } from "../../src/train/step-graph.ts";
import type { StepSpec } from "../../src/train/step-spec.ts";
import type { GradientSource, Losses } from "../../src/train/stepper.ts";
import { UsageError } from "../../src/util/errors.ts";
import { Rng } from "../../src/util/rng.ts";
import { worstTensor } from "../golden/case.ts";
import { CPU } from "../helpers/examples.ts";
import { tempDir } from "../helpers/temp.ts";
import { buildEngine, tinyModel } from "../helpers/small-world.ts";

const COUNT = Number(process.env["UNICONV_COMBINATIONS"] ?? 6);
const SEED = process.env["UNICONV_COMBINATIONS_SEED"] ?? "3";

const folder = tempDir();
const PROMPT = join(folder, "prompt.jinja");
const LENGTHS = { prompt: PROMPT, max_query_length: 96, max_passage_length: 32, max_response_length: 20 };
const TEXTS = ["The red boat lies in the old harbour.", "Near the river, number 7.", "In 1929", "No", "A mill by the green bridge"];

beforeAll(async () => {
  writeFileSync(PROMPT, "{% for passage in passages %}{{ passage }}\n{% endfor %}Question: {{ question }}");
  writeFileSync(join(folder, "text.txt"), [...TEXTS, "Question: where is it, and when was it built?"].join("\n"));
  for (const tied of [true, false])
    await tinyModel(modelOf(tied), { text: join(folder, "text.txt"), sizes: { tie_word_embeddings: tied, max_position_embeddings: 1024 } });
});
const modelOf = (tied: boolean) => join(folder, tied ? "tied" : "untied");

type Options = Partial<Record<keyof ResolvedTrainOptions, unknown>>;

interface Combination {
  options: ResolvedTrainOptions;
  samples: TrainSample[];
  chunk_size: number;
  /** What no option says, and long sequences bring about. */
  blocks: Pick<StepSpec, "row_blocks" | "head_rows">;
}

const resolved = (given: Options): ResolvedTrainOptions => ({
  ...SequenceSettings.parse({}),
  ...LORA_DEFAULTS,
  ...(TrainOptions.parse({ input: ["x"], output: "x", ...given }) as ResolvedTrainOptions),
});

/** Passages and responses come from a few, so that samples of a pool share them; any part of a sample may be missing. */
function sampleOf(id: string, rng: Rng): TrainSample {
  const some = <T>(most: number, make: (at: number) => T): T[] => Array.from({ length: rng.int(most + 1) }, (_, at) => make(at));
  const text = () => rng.pick(TEXTS);
  const passage = (): Passage => {
    const number = rng.int(6);
    return { id: `p${number}`, title: number % 2 === 0 ? "" : `Place ${number}`, text: TEXTS[number % 4]! };
  };
  const all = ["retrieval", "generation", "context-identification"] as const;
  return {
    id,
    source: "a",
    positive: "gold",
    objectives: rng.int(2) === 0 ? [...all] : rng.shuffled([...all]).slice(0, 1 + rng.int(3)),
    history: some(3, () => ({ question: `${text()}?`, response: text() })),
    question: `${text()}?`,
    positives: some(2, passage),
    negatives: some(2, passage),
    responses: some(2, () => ({ text: text(), evidence: [] })),
  };
}

/** Feeds every loss, and has something to be told from by each. */
const wholeSample = (id: string, rng: Rng): TrainSample => ({
  ...sampleOf(id, rng),
  objectives: ["retrieval", "generation", "context-identification"],
  history: [{ question: `${TEXTS[1]}?`, response: TEXTS[4]! }],
  positives: [{ id: "p0", title: "", text: TEXTS[0]! }],
  negatives: [{ id: "p1", title: "Place 1", text: TEXTS[1]! }],
  responses: [{ text: TEXTS[3]!, evidence: [] }],
});

function draw(rng: Rng): Options {
  const pick = <T>(...values: T[]): T => rng.pick(values);
  const pooling = pick("emb", "emb", "emb", "last", "mean", "cls");
  const objectives = rng.shuffled(["retrieval", "generation", "context-identification"]).slice(0, 1 + rng.int(3));
  return {
    model: modelOf(pick(true, false)),
    tuning: pick("full", "lora"),
    lora_r: 2,
    lora_alpha: pick(1, 4),
    target_modules: pick(["q_proj"], LORA_DEFAULTS.target_modules),
    lora_dropout: pick(0, 0.3),
    pooling,
    objectives: pooling === "emb" ? pick(objectives, ["retrieval", "generation", "context-identification"]) : ["retrieval"],
    retrieval_weight: pick(1, 1, 0.5, 0),
    gen_weight: pick(1, 2, 0),
    alpha: pick(0.5, 1, 0),
    gen_rag_weight: pick(0, 1, 0.7),
    // A hundredth would magnify what is rounded differently a hundredfold.
    temperature: pick(0.2, 1),
    normalize: pick(true, true, false),
    session_mask: pick(true, true, false),
    mask_compat: pick("none", "chatretriever"),
    responses: pick("reference", "passage"),
    label_smoothing: pick(0, 0.1, 0.5),
    gen_reduction: pick("sample", "token"),
    hard_negatives: rng.int(3),
    cii_distractors: rng.int(3),
    cii_only_distinct: pick(true, false),
    distractors: rng.int(3),
    mask_duplicate_passages: pick(true, false),
    mask_duplicate_responses: pick(true, false),
    gradient_checkpointing: pick(true, false),
    mixed_precision: pick("no", "no", "no", "fp16"),
    gradient_accumulation_steps: pick(1, 1, 2),
    group_by_length: pick(true, false),
    emb_tokens: 1 + rng.int(3),
    history_order: pick("chronological", "recent-first", "none"),
    query_prefix: pick("", "query: "),
    passage_prefix: pick("", "passage: "),
    pad_to_multiple_of: pick(1, 8),
    stages: pick([], [], [{ objectives: [rng.pick(objectives)], retrieval_weight: 1, alpha: 1, gen_weight: 1 }, { share: 1 }]),
    batch_size: 1 + rng.int(5),
    ...LENGTHS,
    max_steps: 2,
    seed: rng.int(100),
  };
}

/** The first drawn settings that `train` would not refuse. */
function combination(at: number): Combination {
  const rng = Rng.of(0, "combination", SEED, at);
  for (;;) {
    const options = resolved(draw(rng));
    // A run that has nothing to learn is refused.
    const samples = [wholeSample("whole", rng), ...Array.from({ length: options.batch_size + 3 }, (_, i) => sampleOf(`s${i}`, rng))];
    try {
      for (const stage of stageOptions(options)) checkObjective(stage);
    } catch (error) {
      if (error instanceof UsageError) continue;
      throw error;
    }
    const blocks = { row_blocks: 1 + rng.int(3), head_rows: rng.pick([null, 70]) };
    return { options, samples, chunk_size: 1 + rng.int(3), blocks };
  }
}

interface Gradient {
  losses: Losses[];
  gradients: Map<string, Float32Array>;
}

async function gradientOf(
  source: GradientSource<Pool>,
  { pools, loss_scale }: { pools: readonly Pool[]; loss_scale: number },
): Promise<Gradient> {
  const losses: Losses[] = [];
  for (const pool of pools) losses.push(await source.add(pool, loss_scale));
  const gradients = await source.take();
  await source.release();
  return { losses, gradients };
}

/** The checkpoint's weights, or adapters of which neither matrix is zero. */
const parametersOf = ({ base, trained, lora }: RunPlan): Map<string, Float32Array> =>
  new Map(
    [...trained].map(([name, { shape }]) => {
      if (lora === null) return [name, base.readFloat32(name)];
      const rng = Rng.of(0, name);
      const [rows, columns] = shape as readonly number[];
      return [name, Float32Array.from({ length: rows! * columns! }, () => rng.normal() / Math.sqrt(columns!))];
    }),
  );

/** Every stage in one graph and in chunks. Gives the losses of every pool. */
async function expectEqual({ options, samples, chunk_size, blocks }: Combination, num_processes = 1): Promise<Losses[]> {
  const found: Losses[] = [];
  const file = join(folder, "train.jsonl");
  writeFileSync(file, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(""));
  const plan = await planRun({ options, files: [file] });
  const parameters = parametersOf(plan);
  for (const [at, stage] of plan.stages.entries()) {
    const spec = { ...stepSpec(stage.options, plan.lora), ...blocks };
    const step = buildStep(plan.model, plan.lookup, spec);
    const poolAt = poolsOf(stage, { step, data: plan.data[at]!, builder: plan.builder });
    const pools = Array.from({ length: stage.options.gradient_accumulation_steps }, (_, i) =>
      poolAt(plan.data[at]!.poolOf(stage.first, i)),
    );
    const open = (more: Partial<ResolvedTrainOptions>) =>
      openSource({
        ...plan,
        options: { ...stage.options, ...more },
        spec,
        step,
        parameters,
        padId: plan.tokenizer.padId,
        session: CPU,
        info: () => {},
        remains: () => "",
      });
    // Half precision rounds sums of another order to other numbers, and knows none below 6e-8.
    const half = options.mixed_precision === "fp16";
    const [tolerance, loss_scale] = half ? [2e-2, 1024] : [1e-5, 1];
    const whole = await gradientOf(await open({}), { pools, loss_scale });
    // Cut into chunks even where one would hold it all.
    const parts = await gradientOf(await open({ chunk_size, num_processes, batch_size: 99 }), { pools, loss_scale });
    for (const [pool, losses] of whole.losses.entries()) {
      expect(Object.keys(parts.losses[pool]!).toSorted()).toEqual(Object.keys(losses).toSorted());
      for (const [name, loss] of Object.entries(losses)) {
        const error = Math.abs(parts.losses[pool]![name as "L"] - loss) / Math.max(1, Math.abs(loss));
        expect(error, `stage ${stage.number}: ${name} ${loss}`).toBeLessThan(tolerance);
      }
    }
    expect([...parts.gradients.keys()].toSorted()).toEqual([...whole.gradients.keys()].toSorted());
    const floor = tolerance * Math.max(loss_scale, ...[...whole.gradients.values()].map(largest));
    const { name, error } = worstTensor(
      counted(parts.gradients, { floor, beside: whole.gradients }),
      counted(whole.gradients, { floor, beside: parts.gradients }),
    );
    expect(error, `stage ${stage.number}: ${name}`).toBeLessThan(tolerance);
    found.push(...whole.losses);
  }
  return found;
}

const largest = (gradient: Float32Array): number => gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);

/** Without the tensors of which both sides have only rounding: of texts with one first token `cls` makes one embedding, whose gradient is 0. */
function counted(
  gradients: ReadonlyMap<string, Float32Array>,
  { floor, beside }: { floor: number; beside: ReadonlyMap<string, Float32Array> },
): Map<string, Float32Array> {
  return new Map([...gradients].filter(([name, gradient]) => Math.max(largest(gradient), largest(beside.get(name)!)) >= floor));
}

const told = ({ options, samples, chunk_size, blocks }: Combination): string =>
  JSON.stringify({ chunk_size, blocks, options, samples: samples.length });

it.each(Array.from({ length: COUNT }, (_, at) => at))(
  "settings drawn at once, combination %i: chunks are as good as the whole pool",
  async (at) => {
    const drawn = combination(at);
    await expectEqual(drawn).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}\n${told(drawn)}`, { cause: error });
    });
  },
);

describe("samples that lack something, alone in their pool", () => {
  const whole = wholeSample("whole", Rng.of(0, "edge"));
  const samples: TrainSample[] = [
    whole,
    { ...whole, id: "no passage", positives: [], negatives: [] },
    { ...whole, id: "no response", responses: [] },
    { ...whole, id: "identified", objectives: ["context-identification"] },
    { ...whole, id: "bare", history: [], negatives: [] },
  ];
  const options = resolved({
    model: "m",
    batch_size: 1,
    hard_negatives: 2,
    cii_distractors: 1,
    gen_rag_weight: 1,
    gradient_accumulation_steps: samples.length,
    lora_r: 2,
    lora_alpha: 2,
    lora_dropout: 0.2,
    label_smoothing: 0.1,
    gen_reduction: "token",
    mask_compat: "chatretriever",
    gradient_checkpointing: true,
    temperature: 1,
    ...LENGTHS,
    max_steps: 1,
  });
  const blocks = { row_blocks: 2, head_rows: null };

  it.each([1, 2])("have the same losses in chunks of one in %i processes, and 0 where they feed none", async (processes) => {
    buildEngine();
    const losses = await expectEqual({ options: { ...options, model: modelOf(true) }, samples, chunk_size: 1, blocks }, processes);
    const zeros = (name: keyof Losses) => losses.filter((each) => Math.abs(each[name]!) === 0).length;
    // Without a passage, or asked for other losses; and bare of anything to be told from.
    expect({ L_R: zeros("L_R"), L_G: zeros("L_G"), L_CII: zeros("L_CII"), L_RAG: zeros("L_RAG") }).toEqual({
      L_R: 3,
      L_G: 2,
      L_CII: 3,
      L_RAG: 3,
    });
  });

  it("make a stage of context identification alone, whose pools hold nothing that it does not read", async () => {
    const stages = [{ share: 1, objectives: ["context-identification" as const] }, { share: 1 }];
    const staged = { ...options, model: modelOf(false), stages, max_steps: 2, gradient_accumulation_steps: 2 };
    const losses = await expectEqual({ options: staged, samples, chunk_size: 2, blocks });
    expect(losses.map((each) => Object.keys(each).length)).toEqual([2, 2, 5, 5]);
  });
});
