/** @file What a pool's samples count: those without a response, pools without a loss, and several pools per update. */
import { expect, it } from "vitest";
import type { AdamW } from "../../src/train/optimizer.ts";
import { caseFolders, type GoldenCase, readCase, worstTensor } from "../golden/case.ts";
import { goldenStep, type GoldenStep } from "../golden/step.ts";

const golden = await readCase(caseFolders()[0]!);
const settings = golden.variants["base"]!;
const of = (...at: number[]): GoldenCase => ({ ...golden, samples: at.map((i) => golden.samples[i]!) });
const step = (samples: GoldenCase, learns?: { G: boolean[]; X: boolean[] }, contrasted?: boolean[]): Promise<GoldenStep> =>
  goldenStep(samples, { settings, lora: false, ...(learns && { learns }), ...(contrasted && { contrasted }) });
const gradientsOf = async ({ stepper, feeds, release }: GoldenStep) => {
  const found = await stepper.gradients(feeds);
  await release();
  return found;
};

it("a sample without a response counts in no mean over responses: L_G and L_RAG are those of the others", async () => {
  const learns = { G: [true, false, true], X: [false, true, true] };
  const { losses } = await gradientsOf(await step(golden, learns));
  const alone = await Promise.all([0, 1, 2].map(async (at) => (await gradientsOf(await step(of(at)))).losses));
  expect(losses.L_G).toBeCloseTo((alone[0]!.L_G! + alone[2]!.L_G!) / 2, 5);
  expect(losses.L_RAG).toBeCloseTo((alone[1]!.L_RAG! + alone[2]!.L_RAG!) / 2, 5);
});

it("a sample without a passage is no row of L_R and L_CII, which are means over the rows that are left", async () => {
  const one = async (row: number) =>
    (
      await gradientsOf(
        await step(
          golden,
          undefined,
          [0, 1, 2].map((at) => at === row),
        ),
      )
    ).losses;
  const rows = await Promise.all([0, 1, 2].map(one));
  const { losses } = await gradientsOf(await step(golden));
  for (const name of ["L_R", "L_CII"] as const)
    expect(losses[name]).toBeCloseTo(
      rows.reduce((sum, row) => sum + row[name]! / 3, 0),
      5,
    );
});

it("a pool in which no sample feeds any loss has losses of 0 and gradients of 0, not NaN", async () => {
  const none = [false, false, false];
  const { losses, gradients } = await gradientsOf(await step(golden, { G: none, X: none }, none));
  for (const loss of Object.values(losses)) expect(Math.abs(loss)).toBe(0);
  for (const [name, gradient] of gradients)
    expect(
      gradient.every((g) => g === 0),
      name,
    ).toBe(true);
});

it("several pools make one update: the mean of their losses and of their gradients", async () => {
  const opened = await Promise.all([of(0, 1), of(2, 1)].map((samples) => step(samples)));
  const [one, two] = opened as [GoldenStep, GoldenStep];
  const [a, b] = [await one.stepper.gradients(one.feeds), await one.stepper.gradients(two.feeds)];
  const seen = new Map<string, Float32Array>();
  const optimizer = {
    state: { m: new Map(), v: new Map(), updates: 0 },
    update: (_: unknown, gradients: ReadonlyMap<string, Float32Array>, { scale }: { scale: number }) => {
      for (const [name, gradient] of gradients)
        seen.set(
          name,
          gradient.map((g) => g * scale),
        );
    },
  } as unknown as AdamW;
  const update: Parameters<GoldenStep["stepper"]["update"]>[2] = { learning_rate: 1, max_grad_norm: 0 };
  const { losses, grad_norm } = await one.stepper.update([one.feeds, two.feeds], optimizer, update);
  await Promise.all(opened.map(({ release }) => release()));
  const mean = new Map([...a.gradients].map(([name, g]) => [name, g.map((x, i) => (x + b.gradients.get(name)![i]!) / 2)]));
  expect(worstTensor(seen, mean).error).toBeLessThan(1e-6);
  expect(losses.L).toBeCloseTo((a.losses.L + b.losses.L) / 2, 5);
  expect(grad_norm).toBeCloseTo(Math.sqrt([...mean.values()].flatMap((g) => [...g]).reduce((sum, g) => sum + g * g, 0)), 3);
});
