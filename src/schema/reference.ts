/** @file eval/reference/: what a paper published, as data. */
import { z } from "zod";

const Column = z.strictObject({ dataset: z.string(), metric: z.string() });

export const Reference = z.strictObject({
  name: z.string().regex(/^[a-z0-9.-]+$/),
  title: z.string(),
  source: z.string(),
  unit: z.literal("scores × 100, as printed"),
  /** The row of the paper's own system. */
  own: z.string(),
  /** What each dataset was measured on. */
  splits: z.record(z.string(), z.strictObject({ split: z.enum(["train", "dev", "test"]), conversations: z.int(), turns: z.int() })),
  /** What the paper says of the other datasets' splits. */
  splits_unstated: z.string().optional(),
  /** The paper's own counts of those splits. */
  statistics: z
    .strictObject({
      table: z.string(),
      datasets: z.record(
        z.string(),
        z.strictObject({
          /** Size of the collection, as printed; null where there is none. */
          passages: z.string().nullable(),
          turns_per_conversation: z.strictObject({ min: z.number(), mean: z.number(), max: z.number() }),
          golds_per_turn: z.number().nullable(),
          /** Where a recount finds something else. */
          remark: z.string().optional(),
        }),
      ),
    })
    .optional(),
  tables: z.array(
    z.strictObject({
      id: z.string(),
      about: z.string(),
      columns: z.array(Column).min(1),
      rows: z.array(
        z.strictObject({
          group: z.string(),
          system: z.string(),
          /** One per column; null where the paper has none. */
          values: z.array(z.number().nullable()),
          /** The values are changes, not scores. */
          change: z.boolean().optional(),
          significant: z.array(z.boolean()).optional(),
        }),
      ),
    }),
  ),
});
export type Reference = z.infer<typeof Reference>;

/** eval/reference/contradictions.json: where a paper's text and tables disagree; printed beside these tables, on these datasets. */
export const Contradictions = z.array(
  z.strictObject({ paper: z.string(), datasets: z.array(z.string()), tables: z.array(z.string()), says: z.string() }),
);
export type Contradictions = z.infer<typeof Contradictions>;
