/** @file metrics.json: what `evaluate --output` keeps of an evaluation beside its scores per turn. */
import { z } from "zod";
import { Comparison, Consistency, Delta, Significance } from "./evaluation.ts";

const count = z.int().min(0);
const score = z.number().nullable();

/** In the key names of lm-evaluation-harness. */
export const MetricsFile = z.strictObject({
  /** system → metric → score; `<metric>_ci95_low`, `<metric>_ci95_high` beside it. */
  results: z.record(z.string(), z.record(z.string(), score)),
  higher_is_better: z.record(z.string(), z.record(z.string(), z.boolean())),
  /** system → metric → turns averaged over. */
  "n-samples": z.record(z.string(), z.record(z.string(), z.int())),
  /** Why a score is null: system → metric → reason. */
  missing: z.record(z.string(), z.record(z.string(), z.string())),
  comparisons: z.array(Comparison),
  significance: Significance.optional(),
  delta: Delta.optional(),
  /** by → group → system → metric → score and the turns behind it. */
  breakdowns: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.record(z.string(), z.record(z.string(), z.strictObject({ score, n: count, ci95: z.tuple([z.number(), z.number()]).optional() }))),
      ),
    )
    .default({}),
  consistency: z.array(Consistency).default([]),
  /** Made of artifacts that --limit cut short. Here, because the file is copied away from its manifest to be compared with. */
  partial: z.literal(true).optional(),
  warnings: z.array(z.string()),
  config: z.record(z.string(), z.union([z.string(), z.number()])),
  versions: z.record(z.string(), z.string()),
});
export type MetricsFile = z.infer<typeof MetricsFile>;
