/** @file Ten optimizer steps, clipping and schedule included, against torch.optim.AdamW under transformers' linear schedule. */
import { describe, expect, test } from "vitest";
import { AdamW } from "../../src/train/optimizer.ts";
import { rateAt } from "../../src/train/schedule.ts";
import { caseFolders, distance, type GoldenCase, LOSSES, readCase, rmsDistance, type Tensors, under } from "./case.ts";
import { goldenStep } from "./step.ts";

const cases = await Promise.all(caseFolders().map(readCase));

describe.each(cases.map((golden) => [golden.name, golden] as const))("%s", (_, golden) => {
  test("full fine-tuning: ten AdamW steps", () => descend(golden, { lora: false, after: golden.after }));
  test("LoRA: ten AdamW steps", () => descend(golden, { lora: true, after: under(golden.lowRank, "after") }));
});

async function descend(golden: GoldenCase, { lora, after }: { lora: boolean; after: Tensors }): Promise<void> {
  const { stepper, feeds, goldenName, release } = await goldenStep(golden, { settings: golden.variants["base"]!, lora });
  const { lr, betas, eps, weight_decay, clip, warmup, steps } = golden.optimizer;
  const adam = new AdamW(stepper.parameters, { beta1: betas[0], beta2: betas[1], epsilon: eps, weight_decay });
  const schedule = { learning_rate: lr, lr_scheduler_type: "linear", warmup_steps: warmup, total: steps } as const;
  for (const [index, expected] of (lora ? golden.lora : golden.full).steps.entries()) {
    const learning_rate = rateAt(index, schedule);
    expect(learning_rate, `step ${index}: learning rate`).toBeCloseTo(expected.lr, 12);
    const { losses, grad_norm } = await stepper.update([feeds], adam, { learning_rate, max_grad_norm: clip });
    for (const name of LOSSES) expect(relative(losses[name]!, expected[name]), `step ${index}: ${name}`).toBeLessThan(1e-4);
    expect(relative(grad_norm, expected.grad_norm), `step ${index}: gradient norm`).toBeLessThan(1e-4);
  }
  await release();
  const values = new Map([...stepper.parameters].map(([name, data]) => [goldenName(name), data]));
  expect([...values.keys()].toSorted()).toEqual([...after.keys()].toSorted());
  for (const [name, tensor] of after) {
    expect(distance(values.get(name)!, tensor), name).toBeLessThan(golden.parameter_tolerance);
    expect(rmsDistance(values.get(name)!, tensor), name).toBeLessThan(1e-6);
  }
}

const relative = (actual: number, expected: number): number => Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
