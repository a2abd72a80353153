/** @file Mixed precision: products in half precision, all else in float32, under a loss scale that moves. */
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { modelFromConfig } from "../../src/models/loader.ts";
import type { StoredTensor } from "../../src/models/parameters.ts";
import type { GraphBuilder } from "../../src/onnx/builder.ts";
import { encodeModel } from "../../src/onnx/encode.ts";
import type { FloatType } from "../../src/onnx/ir.ts";
import { ModelProtoSchema } from "../../src/onnx/protobuf/onnx_pb.ts";
import { TrainOptions } from "../../src/schema/options/train.ts";
import { backOff, grow, initialLossScale } from "../../src/train/loss-scale.ts";
import { loadCheckpoint, saveCheckpoint } from "../../src/train/checkpoint.ts";
import { AdamW } from "../../src/train/optimizer.ts";
import { checkPrecision, productsOf } from "../../src/train/precision.ts";
import { buildStep } from "../../src/train/step-graph.ts";
import { Stepper } from "../../src/train/stepper.ts";
import { UsageError } from "../../src/util/errors.ts";
import { openCheckpoint } from "../../src/weights/checkpoint.ts";
import { caseFolders, readCase, worstTensor } from "../golden/case.ts";
import { goldenStep } from "../golden/step.ts";
import { tempDir } from "../helpers/temp.ts";

const cases = await Promise.all(caseFolders().map(readCase));
const caseOf = (name: string) => cases.find((one) => one.name === name)!;
const tied = caseOf("llama/tied");
const base = { settings: tied.variants["base"]! };
const lora = { r: 2, scale: 1, target_modules: ["q_proj", "down_proj"], dropout: 0 };

async function stepOf(name: string, { products, full = false }: { products: FloatType; full?: boolean }) {
  const checkpoint = await openCheckpoint(caseOf(name).model);
  const model = await modelFromConfig(checkpoint.config, name);
  const objective = {
    retrieval_weight: 1,
    gen_weight: 1,
    alpha: 0.5,
    gen_rag_weight: 0,
    temperature: 0.1,
    normalize: true,
    session_mask: true,
  };
  const spec = { objective, max_positions: 64, row_blocks: 1, lora: full ? null : lora, products };
  return buildStep(model, (tensor) => checkpoint.tensor(tensor) as StoredTensor, spec);
}

const isProduct = ({ op }: { op: string }): boolean => op === "MatMul" || op === "FusedMatMul";
/** What stands in the encoded graph: all else is never run. */
function liveNodes(graph: GraphBuilder) {
  const { node } = fromBinary(ModelProtoSchema, encodeModel(graph)).graph!;
  const outputs = new Set(node.flatMap(({ output }) => output));
  const renamed = new Map(graph.outputs.map(({ name, value }) => [value.name, name]));
  return graph.nodes.filter(({ outputs: made }) => made.some(({ name }) => outputs.has(renamed.get(name) ?? name)));
}

describe.each(["float16", "bfloat16"] as const)("with products in %s", (products) => {
  it("products alone take and give it, but those of the contrastive losses", async () => {
    const nodes = liveNodes((await stepOf("llama/tied", { products, full: true })).graph);
    for (const node of nodes) {
      const types = new Set([...node.inputs, ...node.outputs].flatMap((value) => value?.dtype ?? []));
      const where = `${node.scope}: ${node.op}`;
      if (isProduct(node)) expect([...types], where).toEqual([node.scope.includes("contrastive") ? "float32" : products]);
      else if (!["Cast", "Reshape"].includes(node.op)) expect(types.has(products), where).toBe(false);
    }
    expect(nodes.filter(isProduct).length).toBeGreaterThan(50);
    expect(nodes.filter((node) => isProduct(node) && node.scope.startsWith("backward") && node.scope.includes("contrastive")).length).toBe(
      4,
    );
  });

  it("weight gradients stay the last nodes, as float32", async () => {
    const { graph, trained } = await stepOf("llama/tied", { products });
    const { node } = fromBinary(ModelProtoSchema, encodeModel(graph)).graph!;
    const last = node.slice(-trained.size);
    expect(new Set(last.map(({ output }) => output[0]))).toEqual(new Set([...trained.keys()].map((name) => `grad.${name}`)));
    expect(last.at(-1)!.output[0]).toMatch(/layers\.1\./);
    expect(graph.outputs.every(({ value }) => value.dtype === "float32")).toBe(true);
    // Casts of weights come first, or every one of them would run before anything else.
    const inputs = new Set([...graph.inputs, ...graph.initializers.map(({ value }) => value)].map(({ name }) => name));
    const casts = node.flatMap((one, at) => (one.opType === "Cast" && inputs.has(one.input[0]!) ? [at] : []));
    expect(casts).toEqual(casts.map((_, at) => at));
  });
});

it("weights stored in the type of the products feed them as they are", async () => {
  const { graph } = await stepOf("llama/untied-bf16", { products: "bfloat16" });
  const stored = new Set(graph.initializers.flatMap(({ value }) => (value.dtype === "bfloat16" ? [value.name] : [])));
  const reads = liveNodes(graph).filter(({ inputs }) => inputs.some((input) => input && stored.has(input.name)));
  const matrices = reads.filter(isProduct);
  expect(matrices.length).toBeGreaterThan(14);
  // Norms and looked up rows are cast, and no matrix.
  for (const { op, inputs } of reads) if (op === "Cast") expect(inputs[0]!.shape).toHaveLength(1);
});

it("float16 stays near float32, and layers computed again give the same gradients to the bit", async () => {
  const golden = caseOf("llama/untied-bf16");
  const variant = { settings: golden.variants["base"]!, lora: true, lora_dropout: 0.1 };
  const steps = [
    await goldenStep(golden, variant),
    await goldenStep(golden, { ...variant, products: "float16" }),
    await goldenStep(golden, { ...variant, products: "float16", gradient_checkpointing: true }),
  ];
  const found = [];
  for (const { stepper, feeds } of steps) found.push(await stepper.gradients(feeds));
  await Promise.all(steps.map((step) => step.release()));
  const [exact, near, same] = found;
  for (const [loss, value] of Object.entries(exact!.losses))
    expect(Math.abs(near!.losses[loss as "L"] - value) / Math.max(1, Math.abs(value)), loss).toBeLessThan(5e-3);
  const worst = worstTensor(near!.gradients, exact!.gradients);
  expect(worst.error, worst.name).toBeLessThan(2e-2);
  // It was float16 indeed: 11 bits.
  expect(worst.error).toBeGreaterThan(5e-4);
  expect(worstTensor(same!.gradients, near!.gradients).error).toBe(0);
});

it("ten float16 steps descend as float32 does, and the scale leaves the losses alone", async () => {
  const half = await goldenStep(tied, { ...base, lora: false, products: "float16" });
  const adam = new AdamW(half.stepper.parameters, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0 });
  adam.state.loss_scale = initialLossScale();
  const losses = [];
  for (let step = 0; step < 10; step++)
    losses.push((await half.stepper.update([half.feeds], adam, { learning_rate: 1e-3, max_grad_norm: 1 })).losses.L);
  await half.release();
  expect(Math.abs(losses[0]! - tied.full.steps[0]!.L)).toBeLessThan(5e-3 * tied.full.steps[0]!.L);
  expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.1);
});

it("chunks take the loss scale as whole pools do", async () => {
  const step = await goldenStep(tied, { ...base, lora: true, products: "float16" });
  const chunked = await step.chunked({ chunk_size: 2 });
  const seen: Map<string, Float32Array>[] = [];
  for (const [stepper, pool] of [[step.stepper, step.feeds] as const, [chunked, step.pool] as const]) {
    const adam = new AdamW(new Map(), { beta1: 0, beta2: 0, epsilon: 1, weight_decay: 0 });
    adam.state.loss_scale = { ...initialLossScale(), scale: 64 };
    adam.update = (_, gradients, { scale }) => void seen.push(new Map([...gradients].map(([name, g]) => [name, g.map((x) => x * scale)])));
    await (stepper as Stepper<unknown>).update([pool], adam, { learning_rate: 1, max_grad_norm: 0 });
  }
  await Promise.all([step.release(), chunked.release()]);
  // One of them computes products over other rows, so the rounding differs.
  expect(worstTensor(seen[1]!, seen[0]!).error).toBeLessThan(2e-2);
});

describe("the loss scale", () => {
  /** Gradients that overflow above a scale; infinite losses from the attempt `brokenFrom` on. */
  function source({ overflowsAbove, loss = 1 }: { overflowsAbove: number; loss?: number }) {
    const scales: number[] = [];
    return {
      scales,
      add: (_: number, scale = 1) => (scales.push(scale), Promise.resolve({ L: loss })),
      take: () => Promise.resolve(new Map([["w", Float32Array.of(scales.at(-1)! > overflowsAbove ? Infinity : 3 * scales.at(-1)!)]])),
      changed: () => Promise.resolve(),
      release: () => Promise.resolve(),
    };
  }
  const parameters = () => new Map([["w", Float32Array.of(1)]]);
  const update = { learning_rate: 0.5, max_grad_norm: 0 };
  function optimizer(of: Map<string, Float32Array>, scale: number): AdamW {
    const adam = new AdamW(of, { beta1: 0, beta2: 0, epsilon: 0, weight_decay: 0 });
    adam.state.loss_scale = { ...initialLossScale(), scale };
    return adam;
  }

  it("is halved until the gradients are finite; the update is that of unscaled gradients, and the attempts are counted", async () => {
    const weights = parameters();
    const adam = optimizer(weights, 65536);
    const from = source({ overflowsAbove: 10_000 });
    const result = await new Stepper(from, weights).update([0], adam, update);
    expect(from.scales).toEqual([65536, 32768, 16384, 8192]);
    expect(result).toEqual({ losses: { L: 1 }, grad_norm: 3, skipped: 3 });
    expect(adam.state).toMatchObject({ updates: 1, loss_scale: { scale: 8192, finite: 1, skipped: 3 } });
    expect(weights.get("w")).toEqual(Float32Array.of(0.5));
  });

  it("does not hide a run that diverges: neither gradients that overflow without it, nor a loss that is not finite", async () => {
    for (const given of [{ overflowsAbove: 0 }, { overflowsAbove: Infinity, loss: Number.NaN }]) {
      const weights = parameters();
      const adam = optimizer(weights, 4);
      await new Stepper(source(given), weights).update([0], adam, update);
      expect(adam.state.updates).toBe(0);
      expect(weights.get("w")).toEqual(Float32Array.of(1));
      expect(adam.state.loss_scale!.skipped).toBe(given.loss === undefined ? 2 : 0);
    }
  });

  it("doubles after 2000 updates in a row without overflow, and an overflow begins the count anew", () => {
    const state = initialLossScale();
    for (let i = 0; i < 1999; i++) grow(state);
    expect(state.scale).toBe(65536);
    expect(backOff(state)).toBe(true);
    for (let i = 0; i < 1999; i++) grow(state);
    expect(state.scale).toBe(32768);
    grow(state);
    expect(state).toEqual({ scale: 65536, finite: 0, skipped: 1 });
  });

  it("comes back from a checkpoint; one without it has none", async () => {
    const [dir, plain] = [tempDir(), tempDir()];
    const weights = parameters();
    const adam = optimizer(weights, 1024);
    adam.state.loss_scale = { scale: 1024, finite: 17, skipped: 6 };
    await saveCheckpoint(dir, { parameters: weights, adam: adam.state }, { keep: 2 });
    expect((await loadCheckpoint(dir, weights, () => {}))!.loss_scale).toEqual({ scale: 1024, finite: 17, skipped: 6 });
    delete adam.state.loss_scale;
    await saveCheckpoint(plain, { parameters: weights, adam: adam.state }, { keep: 2 });
    expect("loss_scale" in (await loadCheckpoint(plain, weights, () => {}))!).toBe(false);
  });
});

it("bf16 on the CPU is refused by the names of what works; fp16 there gives a warning", () => {
  expect(() => checkPrecision("bf16", "cpu")).toThrow(UsageError);
  expect(() => checkPrecision("bf16", "cpu")).toThrow(/--mixed-precision bf16 needs --device cuda.*no, or fp16/);
  expect(checkPrecision("fp16", "cpu")).toContain("float32");
  expect([checkPrecision("bf16", "cuda:1"), checkPrecision("no", "cpu")]).toEqual([null, null]);
  expect(TrainOptions.shape.mixed_precision.parse(undefined)).toBe("no");
  expect(productsOf("bf16")).toBe("bfloat16");
});
