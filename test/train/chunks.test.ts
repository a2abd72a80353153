/** @file Cached representations: whatever the chunks, losses and gradients are those of the whole pool in one graph. */
import { describe, expect, it } from "vitest";
import { AdamW } from "../../src/train/optimizer.ts";
import { chunksOf, embeddedPart } from "../../src/train/chunks.ts";
import { caseFolders, type GoldenCase, readCase, worstTensor } from "../golden/case.ts";
import { goldenStep, sequence } from "../golden/step.ts";

const cases = await Promise.all(caseFolders().map(readCase));
const golden = cases.find(({ name }) => name === "llama/tied")!;
type Variant = Parameters<typeof goldenStep>[1];

/** Distances between the chunked and the whole step. */
async function compare(each: GoldenCase, variant: Variant, chunking: { chunk_size: number; scores?: number }) {
  const step = await goldenStep(each, variant);
  const chunked = await step.chunked(chunking);
  const whole = await step.stepper.gradients(step.feeds);
  const parts = await chunked.gradients(step.pool);
  await Promise.all([step.release(), chunked.release()]);
  const names = Object.keys(whole.losses) as (keyof typeof whole.losses)[];
  const losses = names.map((name) => Math.abs(parts.losses[name]! - whole.losses[name]!) / Math.max(1, Math.abs(whole.losses[name]!)));
  expect(Object.keys(parts.losses).toSorted()).toEqual(names.toSorted());
  return { loss: Math.max(...losses), gradient: worstTensor(parts.gradients, whole.gradients) };
}

async function expectEqual(...asked: Parameters<typeof compare>): Promise<void> {
  const { loss, gradient } = await compare(...asked);
  expect(loss).toBeLessThan(1e-6);
  expect(gradient.error, gradient.name).toBeLessThan(1e-5);
}

const base = golden.variants["base"]!;

it.each(cases.map((each, at) => ({ name: each.name, each, lora: at % 2 === 0 })))("in chunks of two: $name", ({ each, lora }) =>
  expectEqual(each, { settings: each.variants["base"]!, lora }, { chunk_size: 2 }),
);

describe.each([
  ["full fine-tuning", false],
  ["LoRA", true],
])("%s", (_, lora) => {
  it("one sequence at a time, with layers computed again in backward", () =>
    expectEqual(golden, { settings: base, lora, gradient_checkpointing: true }, { chunk_size: 1 }));

  it.each(["hard", "token_mean"])("under other settings of the objective: %s", (variant) =>
    expectEqual(golden, { settings: golden.variants[variant]!, lora }, { chunk_size: 2, scores: 1 }),
  );
});

it.each(["masked", "unmasked_session", "literal"])("under other settings of the objective: %s", (variant) =>
  expectEqual(golden, { settings: golden.variants[variant]!, lora: true }, { chunk_size: 2 }),
);

it.each(["L_R", "L_G", "L_CII", "L_RAG"] as const)("where %s is the only loss", (only) =>
  expectEqual(golden, { settings: base, lora: false, only }, { chunk_size: 2 }),
);

it("with LoRA dropout: the masks of a token are those it has in the whole pool, in both passes over it", async () => {
  const dropped = { settings: base, lora: true, lora_dropout: 0.3 };
  await expectEqual(golden, dropped, { chunk_size: 2 });
  await expectEqual(golden, { ...dropped, gradient_checkpointing: true }, { chunk_size: 1 });
});

it("where only some samples feed a loss: a chunk's share is that of the whole pool's mean", () =>
  expectEqual(
    golden,
    { settings: base, lora: true, learns: { G: [true, false, true], X: [false, true, false] }, contrasted: [true, false, true] },
    { chunk_size: 1 },
  ));

it("an update averages pools that are summed chunk by chunk", async () => {
  const step = await goldenStep(golden, { settings: base, lora: true });
  const chunked = await step.chunked({ chunk_size: 2 });
  const once = await chunked.gradients(step.pool);
  const adam = new AdamW(new Map(), { beta1: 0, beta2: 0, epsilon: 1, weight_decay: 0 });
  const seen = new Map<string, Float32Array>();
  adam.update = (_, gradients, { scale }) =>
    gradients.forEach((gradient, name) =>
      seen.set(
        name,
        gradient.map((g) => g * scale),
      ),
    );
  const { losses } = await chunked.update([step.pool, step.pool], adam, { learning_rate: 1, max_grad_norm: 0 });
  await Promise.all([step.release(), chunked.release()]);
  expect(worstTensor(seen, once.gradients).error).toBeLessThan(1e-6);
  expect(losses.L).toBeCloseTo(once.losses.L, 6);
});

describe("chunks", () => {
  const sequences = golden.samples.flatMap(({ G, P }) => [sequence(G), sequence(P)]);

  it("hold every sequence once, the longest first, whatever their size", () => {
    for (const size of [1, 4, 6, 100]) {
      const chunks = chunksOf({ pool: "1.0", pass: "G", sequences }, size);
      expect(chunks.flatMap(({ places }) => places).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(Math.max(...chunks.map(({ places }) => places.length))).toBe(Math.min(size, 6));
      expect(chunks).toHaveLength(Math.ceil(6 / size));
      const lengths = chunks.flatMap((chunk) => chunk.sequences.map(({ ids }) => ids.length));
      expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
    }
  });

  it("are embedded without the response, which they do not see", () => {
    const [G] = sequences as [(typeof sequences)[0]];
    const part = embeddedPart(G);
    expect(part.ids).toEqual(G.ids.slice(0, G.response!.start));
    expect(part.response).toBeNull();
  });
});
