/** @file Which sequences are encoded together. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { LENGTH_GRID, planBatches } from "../../src/encode/batches.ts";

test("every sequence is in one batch, no batch is too large or too narrow, and equal lengths give equal batches", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 80 }), fc.integer({ min: 1, max: 2000 }), (lengths, tokens) => {
      const batches = planBatches(lengths, { tokens });
      expect(batches.flatMap(({ rows }) => rows).sort((a, b) => a - b)).toEqual(lengths.map((_, row) => row));
      for (const { rows, width } of batches) {
        expect(width % LENGTH_GRID).toBe(0);
        expect(Math.max(...rows.map((row) => lengths[row]!))).toBeGreaterThan(width - LENGTH_GRID);
        expect(Math.max(...rows.map((row) => lengths[row]!))).toBeLessThanOrEqual(width);
        expect(rows.length === 1 || rows.length * width <= tokens).toBe(true);
      }
      expect(planBatches([...lengths], { tokens })).toEqual(batches);
    }),
  );
});
