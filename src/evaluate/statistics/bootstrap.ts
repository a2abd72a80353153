/** @file Percentile bootstrap intervals of means over turns. */
import { Rng } from "../../util/rng.ts";

/** Draws at a time, an even number: they stay in the nearest cache. */
const BLOCK = 2048;

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
  const other = Rng.of(seed, "bootstrap", n, "other");
  const width = columns.length;
  const { kindOf, kinds, table } = distinctRows(columns);
  const means = columns.map(() => new Float64Array(resamples));
  const draws = new Uint32Array(Math.min(n + (n % 2), BLOCK));
  const times = new Uint32Array(kinds);
  const sums = new Float64Array(width);
  const scale = n / 0x1_0000_0000;
  for (let sample = 0; sample < resamples; sample++) {
    times.fill(0);
    sums.fill(0);
    for (let drawn = 0; drawn < n; drawn += BLOCK) {
      rng.drawPairsInto(draws, other);
      for (let i = 0, end = Math.min(n - drawn, BLOCK); i < end; i++) times[kindOf[(draws[i]! * scale) >>> 0]!]!++;
    }
    for (let kind = 0, at = 0; kind < kinds; kind++, at += width) {
      const weight = times[kind]!;
      if (weight === 0) continue;
      for (let c = 0; c < width; c++) sums[c]! += weight * table[at + c]!;
    }
    for (let c = 0; c < width; c++) means[c]![sample] = sums[c]! / n;
  }
  return means.map((values) => {
    values.sort();
    return [quantile(values, 0.025), quantile(values, 0.975)];
  });
}

/**
 * The distinct rows of scores, one behind the other, and which of them each turn has: with a single gold passage there are no more than
 * ranks it can stand at, and a resample need only count how often it drew each kind.
 */
function distinctRows(columns: readonly Float64Array[]): { kindOf: Uint16Array | Uint32Array; kinds: number; table: Float64Array } {
  const width = columns.length;
  const n = columns[0]!.length;
  const table = new Float64Array(n * width);
  const words = new Uint32Array(table.buffer);
  const kindOf = new Uint32Array(n);
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(n * 2 + 1))); // 1 + kind, open addressing
  let kinds = 0;
  for (let turn = 0; turn < n; turn++) {
    const at = kinds * width;
    // + 0 makes one zero of two.
    for (let c = 0; c < width; c++) table[at + c] = columns[c]![turn]! + 0;
    let hash = 0;
    for (let word = at * 2; word < (at + width) * 2; word++) hash = Math.imul(hash ^ words[word]! ^ (hash >>> 15), 0x9e3779b1);
    let slot = (hash ^ (hash >>> 15)) & (slots.length - 1);
    while (slots[slot] !== 0 && !sameRow(table, { width, a: slots[slot]! - 1, b: kinds })) slot = (slot + 1) & (slots.length - 1);
    if (slots[slot] === 0) slots[slot] = ++kinds;
    kindOf[turn] = slots[slot]! - 1;
  }
  // Looked up in no order at all, millions of times: half the bytes are half the way.
  return { kindOf: kinds <= 0x1_0000 ? Uint16Array.from(kindOf) : kindOf, kinds, table };
}

function sameRow(table: Float64Array, { width, a, b }: { width: number; a: number; b: number }): boolean {
  for (let c = 0; c < width; c++) if (table[a * width + c] !== table[b * width + c]) return false;
  return true;
}

/** Linear interpolation between order statistics, as numpy's default. */
function quantile(sorted: Float64Array, q: number): number {
  const place = (sorted.length - 1) * q;
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - below);
}
