/** @file Label smoothing on the logits transformers computed: (1 − ε)·(−log p[target]) + ε · mean over the vocabulary of −log p. */
import { describe, expect, test } from "vitest";
import { Rng } from "../../src/util/rng.ts";
import { caseFolders, type GoldenCase, readCase } from "./case.ts";
import { goldenStep } from "./step.ts";

const cases = await Promise.all(caseFolders().map(readCase));
const EPSILON = 0.1;

/** Mean over samples of the mean over response tokens, in double precision. */
function expectedLoss({ samples, outputs }: GoldenCase, kind: "G" | "X", epsilon: number): number {
  const losses = samples.map((sample, i) => {
    const logits = outputs.get(`logits.${kind}.${i}`)!;
    const { ids, response } = sample[kind];
    const size = logits.length / response!.length;
    const tokens = Array.from({ length: response!.length }, (_, t) => {
      const row = Array.from(logits.subarray(t * size, (t + 1) * size));
      const top = Math.max(...row);
      const logZ = top + Math.log(row.reduce((sum, l) => sum + Math.exp(l - top), 0));
      const uniform = row.reduce((sum, l) => sum + (logZ - l), 0) / size;
      return (1 - epsilon) * (logZ - row[ids[response!.start + t]!]!) + epsilon * uniform;
    });
    return tokens.reduce((sum, x) => sum + x, 0) / tokens.length;
  });
  return losses.reduce((sum, x) => sum + x, 0) / losses.length;
}

describe.each(cases.map((golden) => [golden.name, golden] as const))("%s", (_, golden) => {
  test("L_G and L_RAG with ε 0.1 are those of the smoothed targets", async () => {
    for (const [only, kind] of [
      ["L_G", "G"],
      ["L_RAG", "X"],
    ] as const) {
      const step = await goldenStep(golden, { settings: golden.variants["base"]!, lora: false, only, label_smoothing: EPSILON });
      const { losses } = await step.stepper.gradients(step.feeds);
      await step.release();
      expect(losses[only]).toBeCloseTo(expectedLoss(golden, kind, EPSILON), 4);
      expect(Math.abs(losses[only]! - expectedLoss(golden, kind, 0))).toBeGreaterThan(1e-3);
    }
  });
});

test.each([false, true])(
  "its gradient agrees with central differences along a random direction of every tensor (lora %s)",
  async (lora) => {
    const golden = cases.find(({ name }) => name === "llama/tied")!;
    const step = await goldenStep(golden, { settings: golden.variants["base"]!, lora, only: "L_G", label_smoothing: 0.3 });
    const { gradients } = await step.stepper.gradients(step.feeds);
    const rng = new Rng("smoothing");
    for (const [name, data] of step.stepper.parameters) {
      const gradient = gradients.get(name)!;
      const norm = Math.hypot(...gradient);
      if (norm < 1e-4) continue;
      const noise = Float32Array.from(gradient, () => rng.normal());
      const direction = gradient.map((g, i) => g / norm + noise[i]! / Math.hypot(...noise));
      const analytic = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
      const start = data.slice();
      const lossAt = async (distance: number) => {
        data.set(start.map((x, i) => x + distance * direction[i]!));
        return (await step.stepper.gradients(step.feeds)).losses.L_G!;
      };
      const size = Math.min(4e-3, 0.02 / norm);
      const numeric = ((await lossAt(size)) - (await lossAt(-size))) / (2 * size);
      data.set(start);
      expect(Math.abs(numeric - analytic), name).toBeLessThan(0.02 * Math.abs(analytic) + 2e-4);
    }
    await step.release();
  },
);
