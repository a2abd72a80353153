/** @file Losses and gradients of the training step against the objective written in PyTorch. */
import { describe, expect, test } from "vitest";
import { caseFolders, type GoldenCase, LOSSES, readCase, under, worstTensor } from "./case.ts";
import { goldenStep } from "./step.ts";

const cases = await Promise.all(caseFolders().map(readCase));
const GRADIENT_TOLERANCE = 1e-4;

describe.each(cases.map((golden) => [golden.name, golden] as const))("%s", (_, golden) => {
  test.each(Object.keys(golden.variants))("every loss equals PyTorch's: %s", async (variant) => {
    const { losses } = await run(golden, { settings: golden.variants[variant]!, lora: false });
    for (const name of LOSSES) expectClose(losses[name]!, golden.losses[variant]![name], { name, tolerance: golden.loss_tolerance });
  });

  test.each(LOSSES.filter((loss) => under(golden.gradients, loss).size > 0))("full fine-tuning: the gradient of %s", async (only) => {
    const { gradients } = await run(golden, { settings: golden.variants["base"]!, lora: false, only });
    expectGradients(gradients, under(golden.gradients, only));
  });

  test.runIf(under(golden.gradients, "hard").size > 0)(
    "full fine-tuning: the gradient with hard negatives and masked passages",
    async () => {
      const { gradients } = await run(golden, { settings: golden.variants["hard"]!, lora: false });
      expectGradients(gradients, under(golden.gradients, "hard"));
    },
  );

  test.each(LOSSES.filter((loss) => under(golden.lowRank, loss).size > 0))("LoRA: the gradient of %s for every A and B", async (only) => {
    const { gradients, losses } = await run(golden, { settings: golden.variants["base"]!, lora: true, only });
    expectClose(losses[only]!, golden.lora.losses[only], { name: only, tolerance: golden.loss_tolerance });
    expectGradients(gradients, under(golden.lowRank, only));
  });
});

async function run(golden: GoldenCase, options: Parameters<typeof goldenStep>[1]) {
  const { stepper, feeds, goldenName, release } = await goldenStep(golden, options);
  const { losses, gradients } = await stepper.gradients(feeds);
  await release();
  return { losses, gradients: new Map([...gradients].map(([name, gradient]) => [goldenName(name), gradient])) };
}

function expectClose(actual: number, expected: number, { name, tolerance }: { name: string; tolerance: number }): void {
  const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  expect(error, `${name} ${actual}, PyTorch ${expected}`).toBeLessThan(tolerance);
}

function expectGradients(actual: Map<string, Float32Array>, expected: Map<string, Float32Array>): void {
  const { name, error } = worstTensor(actual, expected);
  expect(error, name).toBeLessThan(GRADIENT_TOLERANCE);
}
