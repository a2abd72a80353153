/** @file LoRA dropout: its masks against the formula and against chance, and what they may not depend on. */
import { describe, expect, it } from "vitest";
import { gradients } from "../../src/autodiff/backward.ts";
import { dropoutThreshold, lowRank } from "../../src/models/layers/lora.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { floatsOf, Session } from "../../src/onnx/session.ts";
import { dropoutColumns, dropoutRows } from "../../src/train/dropout.ts";
import { Rng } from "../../src/util/rng.ts";
import { caseFolders, distance, readCase } from "../golden/case.ts";
import { goldenStep } from "../golden/step.ts";
import { CPU } from "../helpers/examples.ts";

const draw = { seed: 3, pool: "1.0" };
const rowsOf = (pass: string, length: number, pool = draw) =>
  dropoutRows({ pass, lengths: [length], width: length }, pool)[`${pass}.dropout_rows`]!.data as Int32Array;
const columnsOf = (module: string, inputs: number, pool = draw) =>
  dropoutColumns(new Map([[module, { name: module, dtype: "int32", shape: [inputs], producer: null }]]), pool)[module]!.data as Int32Array;
/** 1 where kept, row by row. */
const maskOf = (rows: Int32Array, columns: Int32Array, p: number): number[][] =>
  [...rows].map((row) => [...columns].map((column) => Number(Math.imul(row, column) >= dropoutThreshold(p))));

describe.each([0.1, 0.5])("masks of p = %d", (p) => {
  const [tokens, inputs] = [500, 300];
  // As standard scores: independent draws have mean 0 and variance 1.
  const scores = (pass: string, module: string, pool = draw) =>
    maskOf(rowsOf(pass, tokens, pool), columnsOf(module, inputs, pool), p).map((row) =>
      row.map((kept) => (kept - (1 - p)) / Math.sqrt(p * (1 - p))),
    );
  const transposed = (z: number[][]): number[][] => z[0]!.map((_, j) => z.map((row) => row[j]!));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const spread = (values: readonly number[]): number => Math.sqrt(sum(values.map((value) => value * value)) / values.length);
  const z = scores("G", "q_proj");

  it.each([
    ["rows", z],
    ["columns", transposed(z)],
  ])("keep as many as chance does, in all and in every one of the %s", (_, lines) => {
    const kept = lines.map((line) => sum(line) / Math.sqrt(line.length));
    expect(Math.abs(sum(kept) / Math.sqrt(kept.length))).toBeLessThan(4);
    expect(spread(kept)).toBeGreaterThan(0.85);
    expect(spread(kept)).toBeLessThan(1.15);
    expect(Math.max(...kept.map(Math.abs))).toBeLessThan(5);
  });

  it.each([
    ["rows", z],
    ["columns", transposed(z)],
  ])("correlate no more than chance does between any two of 150 %s", (_, lines) => {
    const correlations = lines
      .slice(0, 150)
      .flatMap((a, i) => lines.slice(0, i).map((b) => sum(a.map((value, j) => value * b[j]!)) / Math.sqrt(a.length)));
    expect(spread(correlations)).toBeGreaterThan(0.95);
    expect(spread(correlations)).toBeLessThan(1.05);
    expect(Math.max(...correlations.map(Math.abs))).toBeLessThan(8); // Two rare zeros coincide with a long tail.
  });

  it("are unlike those of another module, pass, pool or seed, and of a shift by one", () => {
    const against = (other: number[][]) =>
      sum(z.flatMap((row, i) => row.map((value, j) => value * other[i]![j]!))) / Math.sqrt(tokens * inputs);
    const shifted = [...z.slice(1), z[0]!].map((row) => [...row.slice(1), row[0]!]);
    for (const other of [
      scores("G", "k_proj"),
      scores("P", "q_proj"),
      scores("G", "q_proj", { ...draw, pool: "1.1" }),
      scores("G", "q_proj", { ...draw, seed: 4 }),
      shifted,
    ])
      expect(Math.abs(against(other))).toBeLessThan(4);
  });
});

it("the words of a token are those of its sequence's number and its position, whatever the padding and the chunk", () => {
  const whole = dropoutRows({ pass: "G", lengths: [5, 3, 4], width: 8 }, draw)["G.dropout_rows"]!.data;
  const chunk = dropoutRows({ pass: "G", lengths: [3, 4], width: 4, places: [1, 2] }, draw)["G.dropout_rows"]!.data;
  expect(chunk.slice(0, 3)).toEqual(whole.slice(8, 11));
  expect(chunk.slice(4)).toEqual(whole.slice(16, 20));
  expect(new Set([...whole].filter((word) => word !== 0)).size).toBe(12);
});

it("product and gradients equal peft's formula scale·(dropout(x)·Aᵀ)·Bᵀ under the same mask", async () => {
  const [batch, seq, inputs, r, outputs, p, scale] = [2, 3, 8, 2, 5, 0.4, 1.5];
  const rng = new Rng("low rank");
  const random = (count: number) => Float32Array.from({ length: count }, () => rng.normal());
  const values = { x: random(batch * seq * inputs), a: random(r * inputs), b: random(outputs * r), w: random(batch * seq * outputs) };
  const words = { rows: rowsOf("G", batch * seq), columns: columnsOf("q_proj", inputs) };
  const mask = maskOf(words.rows, words.columns, p).flat();
  expect(mask.filter((kept) => kept === 0).length).toBeGreaterThan(5);

  const graph = new GraphBuilder();
  const [x, a, b] = [
    graph.input("x", "float32", ["B", "S", inputs]),
    graph.input("a", "float32", [r, inputs]),
    graph.input("b", "float32", [outputs, r]),
  ];
  const dropout = { p, rows: graph.input("rows", "int32", ["B", "S", 1]), columns: graph.input("columns", "int32", [inputs]) };
  const y = lowRank(graph, x, { a, b, scale, dropout });
  const weighted = graph.op("Mul", [y, graph.input("w", "float32", ["B", "S", outputs])]);
  const loss = graph.op("ReduceSum", [weighted], { keepdims: 0 });
  for (const [value, gradient] of gradients(graph, loss, [x, a, b])) graph.output(`d_${value.name}`, gradient);
  graph.output("y", y);
  const session = await Session.create(graph, CPU);
  const results = await session.run({
    x: { shape: [batch, seq, inputs], data: values.x },
    a: { shape: [r, inputs], data: values.a },
    b: { shape: [outputs, r], data: values.b },
    w: { shape: [batch, seq, outputs], data: values.w },
    rows: { shape: [batch, seq, 1], data: words.rows },
    columns: { shape: [inputs], data: words.columns },
  });
  await session.release();

  const reference = ({ x, a, b }: Record<"x" | "a" | "b", Float32Array>): number[] =>
    Array.from({ length: batch * seq * outputs }, (_, at) => {
      const [row, output] = [Math.floor(at / outputs), at % outputs];
      let out = 0;
      for (let k = 0; k < r; k++)
        for (let j = 0; j < inputs; j++)
          out += ((scale * mask[row * inputs + j]!) / (1 - p)) * x[row * inputs + j]! * a[k * inputs + j]! * b[output * r + k]!;
      return out;
    });
  expect(distance(floatsOf(results, "y"), reference(values))).toBeLessThan(1e-5);
  const lossOf = (inputs: Parameters<typeof reference>[0]) => reference(inputs).reduce((sum, out, at) => sum + out * values.w[at]!, 0);
  for (const name of ["x", "a", "b"] as const) {
    const numeric = values[name].map((_, at) => {
      const moved = (delta: number) => lossOf({ ...values, [name]: values[name].map((value, i) => (i === at ? value + delta : value)) });
      return (moved(0.25) - moved(-0.25)) / 0.5;
    });
    expect(distance(floatsOf(results, `d_${name}`), numeric), name).toBeLessThan(1e-4);
  }
});

it("the step without dropout has no input for it, and dropout changes its losses", async () => {
  const golden = await readCase(caseFolders()[0]!);
  const variant = { settings: golden.variants["base"]!, lora: true };
  const [plain, dropped] = [await goldenStep(golden, variant), await goldenStep(golden, { ...variant, lora_dropout: 0.1 })];
  expect(Object.keys(plain.feeds).filter((name) => name.includes("dropout"))).toEqual([]);
  const [one, other] = [await plain.stepper.gradients(plain.feeds), await dropped.stepper.gradients(dropped.feeds)];
  expect(Math.abs(one.losses.L - other.losses.L)).toBeGreaterThan(1e-4);
  await Promise.all([plain.release(), dropped.release()]);
});
