/** @file The frequencies of rotary positions, with the scalings that stretch a context: linear, llama3, yarn (arXiv 2309.00071). */
import { z } from "zod";

const factor = z.number().min(1);
const positions = z.int().min(1);

/** rope_parameters of transformers 5, or rope_scaling with rope_theta beside it of transformers 4. */
export const RopeParameters = z.discriminatedUnion("rope_type", [
  z.strictObject({ rope_type: z.literal("default") }),
  z.strictObject({ rope_type: z.literal("linear"), factor }),
  z.strictObject({
    rope_type: z.literal("llama3"),
    factor,
    low_freq_factor: z.number().positive(),
    high_freq_factor: z.number().positive(),
    original_max_position_embeddings: positions,
  }),
  z.strictObject({
    rope_type: z.literal("yarn"),
    factor,
    original_max_position_embeddings: positions.optional(),
    attention_factor: z.number().positive().nullish(),
    beta_fast: z.number().positive().nullish(),
    beta_slow: z.number().positive().nullish(),
    mscale: z.number().nullish(),
    mscale_all_dim: z.number().nullish(),
    truncate: z.boolean().default(true),
  }),
]);

export type Rope = z.output<typeof RopeParameters> & { rope_theta: number; max_position_embeddings: number };

/** Reads the two generations of config keys; `type` is transformers' oldest spelling of `rope_type`. */
export function readRope(raw: {
  rope_theta?: number | null | undefined;
  rope_scaling?: unknown;
  rope_parameters?: unknown;
  max_position_embeddings: number;
}): Rope {
  const given = (raw.rope_parameters ?? raw.rope_scaling ?? {}) as Record<string, unknown>;
  const { rope_theta, type, ...scaling } = given;
  const parsed = RopeParameters.parse({ ...scaling, rope_type: given["rope_type"] ?? type ?? "default" });
  return {
    ...parsed,
    rope_theta: z
      .number()
      .positive()
      .parse(rope_theta ?? raw.rope_theta ?? 10_000),
    max_position_embeddings: raw.max_position_embeddings,
  };
}

/** Frequencies [head_dim / 2] in float32 steps, and what cos and sin are multiplied with. */
export function rotaryFrequencies(rope: Rope, head_dim: number): { frequencies: Float32Array; attention_factor: number } {
  const frequencies = Float32Array.from(
    { length: head_dim / 2 },
    (_, i) => 1 / Math.fround(rope.rope_theta ** Math.fround((2 * i) / head_dim)),
  );
  if (rope.rope_type === "linear") return { frequencies: frequencies.map((f) => f / rope.factor), attention_factor: 1 };
  if (rope.rope_type === "llama3") return { frequencies: frequencies.map((f) => llama3(f, rope)), attention_factor: 1 };
  if (rope.rope_type === "yarn") return yarn(frequencies, rope, head_dim);
  return { frequencies, attention_factor: 1 };
}

/** Long waves are stretched by the factor, short ones kept, those between blended. */
function llama3(frequency: number, rope: Extract<Rope, { rope_type: "llama3" }>): number {
  const { factor: scale, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: context } = rope;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength > context / low) return frequency / scale;
  if (wavelength < context / high) return frequency;
  const smooth = (context / wavelength - low) / (high - low);
  return ((1 - smooth) * frequency) / scale + smooth * frequency;
}

function yarn(
  frequencies: Float32Array,
  rope: Extract<Rope, { rope_type: "yarn" }>,
  head_dim: number,
): ReturnType<typeof rotaryFrequencies> {
  const { factor: scale, rope_theta, truncate, mscale, mscale_all_dim } = rope;
  const context = rope.original_max_position_embeddings ?? rope.max_position_embeddings;
  const growth = (m = 1) => (scale <= 1 ? 1 : 0.1 * m * Math.log(scale) + 1);
  const derived = mscale && mscale_all_dim ? growth(mscale) / growth(mscale_all_dim) : growth();
  // The dimension that turns `rotations` times over the context.
  const dimensionOf = (rotations: number) => (head_dim * Math.log(context / (rotations * 2 * Math.PI))) / (2 * Math.log(rope_theta));
  const [low, high] = [dimensionOf(rope.beta_fast ?? 32), dimensionOf(rope.beta_slow ?? 1)];
  const from = Math.max(truncate ? Math.floor(low) : low, 0);
  const to = Math.min(truncate ? Math.ceil(high) : high, head_dim - 1);
  const width = from === to ? 0.001 : to - from;
  const blended = frequencies.map((f, i) => {
    const stretched = Math.min(Math.max((i - from) / width, 0), 1);
    return (f / scale) * stretched + f * (1 - stretched);
  });
  return { frequencies: blended, attention_factor: rope.attention_factor ?? derived };
}
