/** @file What every model family must do, on a tiny random checkpoint of its own example config. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/backward.ts";
import { families, modelFromConfig } from "../../src/models/loader.ts";
import { Parameters, type StoredTensor } from "../../src/models/parameters.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { evaluateDim } from "../../src/onnx/dims.ts";
import { type Feeds, floatsOf, scalarOf, Session, type Tensor } from "../../src/onnx/session.ts";
import { DataError } from "../../src/util/errors.ts";
import { Rng } from "../../src/util/rng.ts";
import { tensorsOf } from "../../src/weights/checkpoint.ts";
import { fromFloat32, toFloat32, type WeightDtype } from "../../src/weights/dtypes.ts";
import { writeSafetensors } from "../../src/weights/safetensors.ts";
import { CPU } from "../helpers/examples.ts";
import { tempDir } from "../helpers/temp.ts";

const IDS = [
  [3, 1, 4, 1, 5, 9],
  [2, 7, 1, 8, 2, 8],
];

describe.each(Object.keys(families))("%s", (name) => {
  const open = async (dtype: WeightDtype = "F32") => {
    const { example } = await families[name]!();
    const model = await modelFromConfig(example, "config.json");
    const rng = new Rng(name);
    const draw = (size: number) => Float32Array.from({ length: size }, () => 0.4 * rng.normal());
    const weights = new Map(
      [...model.weights()].map(([weight, shape]) => [weight, { shape, data: draw(shape.reduce((a, b) => a * b, 1)) }]),
    );
    const file = join(tempDir(), "model.safetensors");
    await writeSafetensors(
      file,
      [...weights].map(([weight, { shape, data }]) => ({ name: weight, dtype, shape, data: fromFloat32(dtype, data) })),
    );
    const stored = await tensorsOf(file);
    return { model, weights, lookup: (weight: string) => stored.get(weight) as unknown as StoredTensor };
  };
  type Opened = Awaited<ReturnType<typeof open>>;

  /** Hidden states [tokens · hidden] of `ids`, read in pieces of the given lengths with a cache between them. */
  const hiddenOf = async ({ model, lookup }: Opened, ids: number[][], pieces: number[]) => {
    const { num_hidden_layers: layers, num_key_value_heads, head_dim, hidden_size } = model.config;
    const rows: number[][] = ids.map(() => []);
    let cache: Record<string, Tensor> = {};
    let start = 0;
    for (const length of pieces) {
      const graph = new GraphBuilder();
      const parameters = new Parameters({ graph, lookup });
      const token = (part: string) => graph.input(part, "int64", ["B", "S"]);
      const [input_ids, position_ids] = [token("input_ids"), token("position_ids")];
      const past = Array.from({ length: start > 0 ? layers : 0 }, (_, layer) => {
        const input = (part: string) => graph.input(`${part}.${layer}`, "float32", ["B", num_key_value_heads, "C", head_dim]);
        return { key: input("key"), value: input("value") };
      });
      const { hidden, present } = model.forward(parameters, {
        input_ids,
        position_ids,
        hole: null,
        max_positions: 16,
        ...(start > 0 && { past, past_positions: () => graph.input("past_positions", "int64", ["B", "C"]) }),
      });
      const asked = graph.inputs.some((value) => value.name === "past_positions")
        ? { past_positions: tokens(ids, 0, start)["position_ids"]! }
        : {};
      graph.output("hidden", hidden);
      present.forEach(({ key, value }, layer) => {
        graph.output(`present.key.${layer}`, key);
        graph.output(`present.value.${layer}`, value);
      });
      const session = await Session.create(graph, CPU);
      const results = await session.run({ ...tokens(ids, start, length), ...cache, ...asked });
      const shape = results["hidden"]!.shape;
      expect(shape).toEqual(hidden.shape.map((dim) => evaluateDim(dim, { B: ids.length, S: length })));
      const flat = floatsOf(results, "hidden");
      rows.forEach((row, at) => row.push(...flat.slice(at * length * hidden_size, (at + 1) * length * hidden_size)));
      const kept = (part: string, layer: number) => joined(cache[`${part}.${layer}`], results[`present.${part}.${layer}`]!);
      cache = Object.fromEntries(
        Array.from({ length: layers }, (_, layer) =>
          ["key", "value"].map((part) => [`${part}.${layer}`, kept(part, layer)] as const),
        ).flat(),
      );
      start += length;
    }
    return rows;
  };

  it("gives hidden states of the declared shape, each row of a batch on its own", async () => {
    const opened = await open();
    const together = await hiddenOf(opened, IDS, [6]);
    for (const [row, ids] of IDS.entries()) expectClose(together[row]!, (await hiddenOf(opened, [ids], [6]))[0]!);
  });

  it("sees nothing of what comes later", async () => {
    const opened = await open();
    const [whole] = await hiddenOf(opened, [IDS[0]!], [6]);
    const [head] = await hiddenOf(opened, [IDS[0]!.slice(0, 4)], [4]);
    expectClose(whole!.slice(0, head!.length), head!);
  });

  it.each([[[4, 2]], [[2, 4]], [[1, 1, 1, 1, 1, 1]], [[3, 3]]])("gives the same with a cache, in pieces of %j", async (pieces) => {
    const opened = await open();
    const [cached, whole] = [await hiddenOf(opened, IDS, pieces), await hiddenOf(opened, IDS, [6])];
    cached.forEach((row, at) => expectClose(row, whole[at]!));
  });

  it.each(["F16", "BF16"] as const)("reads %s weights as the numbers they are", async (dtype) => {
    const [half, single] = [await open(dtype), await open()];
    for (const { data } of single.weights.values()) data.set(toFloat32(dtype, fromFloat32(dtype, data)));
    const rounded = join(tempDir(), "model.safetensors");
    await writeSafetensors(
      rounded,
      [...single.weights].map(([weight, { shape, data }]) => ({
        name: weight,
        dtype: "F32" as const,
        shape,
        data: fromFloat32("F32", data),
      })),
    );
    const stored = await tensorsOf(rounded);
    const lookup = (weight: string) => stored.get(weight) as unknown as StoredTensor;
    expect(await hiddenOf(half, IDS, [6])).toEqual(await hiddenOf({ ...single, lookup }, IDS, [6]));
  });

  it("has the gradient that central differences give, for every weight the hidden states depend on", async () => {
    const { model, weights, lookup } = await open();
    const graph = new GraphBuilder();
    const parameters = new Parameters({ graph, lookup, isTrained: () => true });
    const token = (part: string) => graph.input(part, "int64", ["B", "S"]);
    const { hidden } = model.forward(parameters, {
      input_ids: token("input_ids"),
      position_ids: token("position_ids"),
      hole: null,
      max_positions: 16,
    });
    const loss = graph.op("ReduceSum", [graph.op("Sigmoid", [hidden])], { keepdims: 0 });
    for (const [value, gradient] of gradients(graph, loss, [...parameters.trained.values()])) graph.output(`d_${value.name}`, gradient);
    graph.output("loss", loss);
    const session = await Session.create(graph, CPU);
    const trained = [...parameters.trained.keys()];
    expect(trained).toContain("model.embed_tokens.weight");
    const feeds: Feeds = { ...tokens(IDS, 0, 6), ...Object.fromEntries(trained.map((weight) => [weight, weights.get(weight)!])) };
    const results = await session.run(feeds);
    for (const weight of trained) {
      const gradient = floatsOf(results, `d_${weight}`);
      const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
      const { data, shape } = weights.get(weight)!;
      const lossAt = async (step: number) => {
        const moved = data.map((x, at) => x + (step * gradient[at]!) / norm);
        return scalarOf(await session.run({ ...feeds, [weight]: { data: moved, shape } }), "loss");
      };
      const numeric = ((await lossAt(4e-3)) - (await lossAt(-4e-3))) / 8e-3;
      // Beside the relative error, what float32 leaves of a difference of two losses of this size.
      expect(Math.abs(numeric - norm), weight).toBeLessThan(0.02 * norm + 2e-3);
    }
  });

  it("refuses a config key it does not implement, by its name", async () => {
    const { example } = await families[name]!();
    const asked = modelFromConfig({ ...example, sparse_attention_window: 7 }, "some/config.json");
    await expect(asked).rejects.toThrow(DataError);
    await expect(asked).rejects.toThrow('some/config.json: "sparse_attention_window": 7 is not implemented');
  });
});

it("an unknown model_type is refused with those that are implemented", async () => {
  await expect(modelFromConfig({ model_type: "gpt9" }, "c.json")).rejects.toThrow(
    `c.json: model_type is "gpt9"; implemented are ${Object.keys(families).join(", ")}`,
  );
});

it.each([
  ["rope_scaling", { rope_type: "longrope", factor: 2 }, "rope_scaling: rope_type"],
  ["rope_parameters", { rope_type: "linear", factor: 2, rope_theta: 100, extra: 1 }, 'rope_parameters: value: Unrecognized key: "extra"'],
  ["hidden_act", "gelu", "hidden_act"],
  ["attention_dropout", 0.1, "attention_dropout"],
  ["num_key_value_heads", 3, "must be a multiple of num_key_value_heads"],
])("llama: %s that asks for something else is refused", async (key, value, message) => {
  const { example } = await families["llama"]!();
  await expect(modelFromConfig({ ...example, [key]: value }, "c.json")).rejects.toThrow(message);
});

function tokens(ids: number[][], start: number, length: number): Feeds {
  const shape = [ids.length, length];
  const fill = (value: (row: number[], at: number) => number) =>
    BigInt64Array.from(ids.flatMap((row) => Array.from({ length }, (_, at) => BigInt(value(row, start + at)))));
  return { input_ids: { data: fill((row, at) => row[at]!), shape }, position_ids: { data: fill((_, at) => at), shape } };
}

/** A cache, grown along the sequence axis by the keys or values of a new piece. */
function joined(past: Tensor | undefined, present: Tensor): Tensor {
  if (!past) return present;
  const [batch, heads, before, size] = past.shape as [number, number, number, number];
  const now = present.shape[2]!;
  const data = new Float32Array(batch * heads * (before + now) * size);
  for (let row = 0; row < batch * heads; row++) {
    data.set((past.data as Float32Array).subarray(row * before * size, (row + 1) * before * size), row * (before + now) * size);
    data.set((present.data as Float32Array).subarray(row * now * size, (row + 1) * now * size), (row * (before + now) + before) * size);
  }
  return { data, shape: [batch, heads, before + now, size] };
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((x, at) => expect(Math.abs(x - expected[at]!)).toBeLessThan(1e-5));
}
