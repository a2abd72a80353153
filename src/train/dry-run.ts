/** @file `train --dry-run`: what the run will take, without running it. */
import type { GraphBuilder } from "../onnx/builder.ts";
import { openDevice } from "../onnx/device.ts";
import { sizeOf } from "../onnx/dims.ts";
import { type Sizes, sizesOf } from "../onnx/memory.ts";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import type { TrainSample } from "../schema/records.ts";
import { chunkFeeds, embeddedOnly, kindOf } from "./chunk-feeds.ts";
import { backwardGraph, encodeGraph } from "./chunk-graphs.ts";
import { chunksOf, embeddedPart } from "./chunks.ts";
import { chunkSize } from "./chunk-size.ts";
import { wholeFeeds } from "./gradient-source.ts";
import { type DevicePlan, devicePlan } from "./device-plan.ts";
import { type MemoryPlan, memoryPlan, type OpenGraphs } from "./memory-plan.ts";
import { type PassRole, passRoles } from "./pass-roles.ts";
import type { Pool } from "./pool.ts";
import { planRun, type RunPlan } from "./run-plan.ts";
import { poolsOf, stepSpec } from "./stage-runner.ts";
import type { PassName, StepSpec } from "./step-spec.ts";

/** Pools that are looked at: the longest of the run, and its first. */
const LONGEST = 4;
const FIRST = 4;

/** Pools among which the longest are looked for; the mixture repeats itself from epoch to epoch. */
const EXAMINED = 20_000;

export interface TrainingPlan {
  memory: MemoryPlan;
  device: DevicePlan;
}

/** Reads the model's configuration and every sample, and takes the device, as the run would. */
export async function planTraining(options: ResolvedTrainOptions, files: readonly string[]): Promise<TrainingPlan> {
  const opened = await openDevice(options.device);
  const plan = await planRun({ options, files });
  const stages = plan.stages.map((_, at) => openGraphs(plan, at));
  const outputs = new Set(plan.steps.flatMap(({ graph }) => graph.outputs.map(({ name }) => name)));
  const bytes = [...plan.trained].map(([name, { shape }]) => ({ name, bytes: 4 * Number(sizeOf(shape)) }));
  const total = (of: typeof bytes) => of.reduce((sum, each) => sum + each.bytes, 0);
  const memory = memoryPlan({
    stages,
    trained: total(bytes),
    sparse: total(bytes.filter(({ name }) => !outputs.has(`grad.${name}`))),
    sums: plan.stages.some((stage) => stage.options.gradient_accumulation_steps > 1 || chunkSize(stage.options) !== null),
  });
  return { memory, device: devicePlan(plan, { options, opened, stages }) };
}

/** The sessions of a stage, with the sizes of its first and its longest pools, tokenised and padded as they will be. */
function openGraphs(plan: RunPlan, at: number): OpenGraphs {
  const [stage, step] = [plan.stages[at]!, plan.steps[at]!];
  const { options } = stage;
  const spec = stepSpec(options, plan.lora);
  const poolAt = poolsOf(stage, { step, data: plan.data[at]!, builder: plan.builder });
  const pools = chosenPools(plan, at).map(poolAt);
  if (chunkSize(options) !== null) return chunkGraphs(plan, { options, spec, pools });
  const feedsOf = wholeFeeds({ options, spec, step, padId: plan.tokenizer.padId });
  return [{ graph: step.graph, runs: pools.map((pool) => sizesOf(step.graph, feedsOf(pool))) }];
}

/** Every chunk of a kind goes through one session; of each pool the largest is looked at. */
function chunkGraphs(
  { model, lookup, tokenizer, lora }: RunPlan,
  { options, spec, pools }: { options: ResolvedTrainOptions; spec: StepSpec; pools: readonly Pool[] },
): OpenGraphs {
  const size = chunkSize(options)!;
  const dropout = (lora?.dropout ?? 0) > 0 ? { seed: options.seed } : null;
  const feeding = { padId: tokenizer.padId, padTo: options.pad_to_multiple_of, row_blocks: spec.row_blocks, dropout };
  const sizes = (graph: GraphBuilder, pool: Pool, { pass, role, whole }: { pass: PassName; role: PassRole; whole: boolean }): Sizes => {
    const sequences = pool.sequences[pass]!;
    const chunk = chunksOf({ pool: pool.id, pass, sequences: whole ? sequences : sequences.map(embeddedPart) }, size)[0]!;
    return sizesOf(graph, chunkFeeds({ ...chunk, role, weights: chunk.sequences.map(() => 1) }, feeding));
  };
  const roles = [...passRoles(spec.objective)].map(([pass, role]) => ({ pass, role }));
  const open = (graph: GraphBuilder, kind: typeof roles, whole: boolean) => ({
    graph,
    runs: pools.flatMap((pool) => kind.map((each) => sizes(graph, pool, { ...each, whole }))),
  });
  const kinds = [...new Set(roles.map(({ role }) => kindOf(role)))].map((kind) => roles.filter(({ role }) => kindOf(role) === kind));
  const embedding = roles.filter(({ role }) => role.embeds).map(({ pass, role }) => ({ pass, role: embeddedOnly(role) }));
  return [
    ...(embedding.length > 0 ? [open(encodeGraph(model, lookup, spec).graph, embedding, false)] : []),
    ...kinds.map((kind) => open(backwardGraph(model, lookup, { spec, role: kind[0]!.role }).graph, kind, true)),
  ];
}

function chosenPools({ stages, data }: RunPlan, at: number): number[] {
  const [{ first, end, options }, { mixture, poolOf }] = [stages[at]!, data[at]!];
  const accumulation = options.gradient_accumulation_steps;
  const count = Math.min(EXAMINED, (end - first) * accumulation);
  const all = Array.from({ length: count }, (_, i) => poolOf(first + Math.floor(i / accumulation), i % accumulation));
  const lengths = new Map(all.map((index) => [index, poolLength(mixture.pool(index).samples)]));
  const longest = all.toSorted((a, b) => lengths.get(b)! - lengths.get(a)!).slice(0, LONGEST);
  return [...new Set([...all.slice(0, FIRST), ...longest])];
}

/** Characters that decide the padding: the longest conversation, passage and response of the pool. */
function poolLength(samples: readonly TrainSample[]): number {
  const longest = (of: (sample: TrainSample) => number) => Math.max(...samples.map(of));
  const text = ({ history, question }: TrainSample) =>
    history.reduce((sum, exchange) => sum + exchange.question.length + exchange.response.length, question.length);
  return (
    longest(text) +
    longest(({ positives }) => Math.max(0, ...positives.map((passage) => passage.text.length))) +
    longest(({ responses }) => Math.max(0, ...responses.map((response) => response.text.length)))
  );
}
