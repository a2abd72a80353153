/** @file Percentile bootstrap intervals of means over turns. */
import { Rng } from "../util/rng.ts";

/**
 * 95 % intervals of the mean of each column; all columns share one set of resamples, so that they move together.
 * Columns are as long as each other; fewer than two turns give no interval.
 */
export function bootstrapIntervals(
  columns: readonly Float64Array[],
  { resamples, seed }: { resamples: number; seed: number },
): ([number, number] | undefined)[] {
  const n = columns[0]?.length ?? 0;
  if (n < 2 || resamples === 0) return columns.map(() => undefined);
  const rng = Rng.of(seed, "bootstrap", n);
  const width = columns.length;
  // Turn by turn, so that a resample is one walk through memory instead of a gather per column.
  const table = Float64Array.from({ length: n * width }, (_, i) => columns[i % width]![Math.floor(i / width)]!);
  const means = columns.map(() => new Float64Array(resamples));
  const times = new Uint32Array(n);
  const sums = new Float64Array(width);
  for (let sample = 0; sample < resamples; sample++) {
    times.fill(0);
    sums.fill(0);
    for (let i = 0; i < n; i++) times[Math.floor(rng.uint32() * (n / 0x1_0000_0000))]!++;
    for (let i = 0; i < n; i++) {
      const weight = times[i]!;
      if (weight === 0) continue;
      for (let c = 0; c < width; c++) sums[c]! += weight * table[i * width + c]!;
    }
    for (let c = 0; c < width; c++) means[c]![sample] = sums[c]! / n;
  }
  return means.map((values) => {
    values.sort();
    return [quantile(values, 0.025), quantile(values, 0.975)];
  });
}

/** Linear interpolation between order statistics, as numpy's default. */
function quantile(sorted: Float64Array, q: number): number {
  const place = (sorted.length - 1) * q;
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - below);
}
