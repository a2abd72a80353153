/** @file Properties of the objective on the training step itself, on a two-layer model. */
import { describe, expect, it } from "vitest";
import { modelFromConfig } from "../../src/models/loader.ts";
import { Parameters, type StoredTensor } from "../../src/models/parameters.ts";
import { runPass } from "../../src/models/pass.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { floatsOf, Session } from "../../src/onnx/session.ts";
import { Rng } from "../../src/util/rng.ts";
import { openCheckpoint } from "../../src/weights/checkpoint.ts";
import { caseFolders, distance, type GoldenCase, type LossName, readCase, worstTensor } from "../golden/case.ts";
import { pad } from "../golden/feeds.ts";
import { goldenStep, type GoldenStep } from "../golden/step.ts";
import { CPU } from "../helpers/examples.ts";

const cases = await Promise.all(caseFolders().map(readCase));
const golden = cases.find(({ name }) => name === "llama/tied")!;
const settings = golden.variants["base"]!;

const compute = ({ stepper, feeds }: GoldenStep) => stepper.gradients(feeds);

describe("a batch", () => {
  it("may be permuted: losses and gradients stay", async () => {
    const permuted: GoldenCase = { ...golden, samples: [2, 0, 1].map((at) => golden.samples[at]!) };
    const [one, two] = await Promise.all(
      [golden, permuted].map(async (each) => compute(await goldenStep(each, { settings, lora: false }))),
    );
    for (const [name, loss] of Object.entries(one!.losses)) expect(two!.losses[name as LossName]).toBeCloseTo(loss, 5);
    expect(worstTensor(two!.gradients, one!.gradients).error).toBeLessThan(1e-5);
  });

  it("of one has nothing to contrast: L_R and L_CII are exactly 0", async () => {
    const alone: GoldenCase = { ...golden, samples: golden.samples.slice(0, 1) };
    const { losses } = await compute(await goldenStep(alone, { settings, lora: false }));
    expect(losses.L_R).toBe(-0);
    expect(losses.L_CII).toBe(-0);
    expect(losses.L_G).toBeGreaterThan(1);
  });
});

const tunings = [
  ["full fine-tuning", { lora: false }],
  ["LoRA", { lora: true }],
  ["LoRA with dropout", { lora: true, lora_dropout: 0.3 }],
] as const;

describe.each(tunings)("%s", (_, tuning) => {
  it.each(["L_R", "L_G", "L_CII", "L_RAG"] as LossName[])(
    "the gradient of %s agrees with central differences along a random direction of every tensor",
    async (only) => {
      const step = await goldenStep(golden, { settings, ...tuning, only });
      const { gradients } = await compute(step);
      const rng = new Rng(`directions ${only}`);
      for (const [name, data] of step.stepper.parameters) {
        const gradient = gradients.get(name)!;
        const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
        if (norm < 1e-4) continue;
        // Half the gradient, half noise: the slope is large enough for float32 and still sees every entry.
        const noise = Float32Array.from(gradient, () => rng.normal());
        const noiseNorm = Math.sqrt(noise.reduce((sum, x) => sum + x * x, 0));
        const direction = gradient.map((g, i) => g / norm + noise[i]! / noiseNorm);
        const analytic = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
        const start = data.slice();
        const lossAt = async (distance: number) => {
          data.set(start.map((x, i) => x + distance * direction[i]!));
          return (await compute(step)).losses[only]!;
        };
        const size = Math.min(4e-3, 0.02 / norm);
        const numeric = ((await lossAt(size)) - (await lossAt(-size))) / (2 * size);
        data.set(start);
        expect(Math.abs(numeric - analytic), `${name}: ${analytic} against ${numeric}`).toBeLessThan(0.02 * Math.abs(analytic) + 2e-4);
      }
      await step.release();
    },
  );
});

describe.each(tunings)("%s with layers computed again in backward", (name, tuning) => {
  // Every family where nothing else is to be seen; dropout is the same node in all of them.
  it.each(name === "LoRA with dropout" ? [golden] : cases)("gives the same losses and gradients, to the bit: $name", async (each) => {
    const variant = { settings: each.variants["base"]!, ...tuning };
    const [kept, again] = [await goldenStep(each, variant), await goldenStep(each, { ...variant, gradient_checkpointing: true })];
    const [one, two] = [await compute(kept), await compute(again)];
    expect(two.losses).toEqual(one.losses);
    for (const [name, gradient] of one.gradients)
      expect(Buffer.compare(bytesOf(two.gradients.get(name)!), bytesOf(gradient)), name).toBe(0);
  });
});

const bytesOf = (x: Float32Array) => Buffer.from(x.buffer, x.byteOffset, x.byteLength);

it("e(Q) read from G's masked pass equals e(Q) from a pass over Q alone", async () => {
  const checkpoint = await openCheckpoint(golden.model);
  const model = await modelFromConfig(checkpoint.config, golden.model);
  const hiddenOf = async (responses: boolean) => {
    const graph = new GraphBuilder();
    const parameters = new Parameters({ graph, lookup: (name) => checkpoint.tensor(name) as StoredTensor });
    graph.output("hidden", runPass(model, parameters, { name: "G", hole: responses, max_positions: 64 }).hidden);
    const sequences = golden.samples.map(({ G }) => (responses ? G : { ...G, ids: G.ids.slice(0, G.response!.start), response: null }));
    const { width, ...feeds } = pad(sequences, "G");
    const named = Object.entries(feeds).filter(([name]) => responses || !name.startsWith("hole"));
    const session = await Session.create(graph, CPU);
    const hidden = floatsOf(await session.run(Object.fromEntries(named.map(([name, tensor]) => [`G.${name}`, tensor]))), "hidden");
    const size = model.config.hidden_size;
    return sequences.map(({ emb }, row) => hidden.slice((row * width + emb.start + emb.length - 1) * size).slice(0, size));
  };
  const [fromG, alone] = [await hiddenOf(true), await hiddenOf(false)];
  fromG.forEach((vector, row) => expect(distance(vector, alone[row]!)).toBeLessThan(1e-5));
});
