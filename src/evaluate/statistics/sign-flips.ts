/** @file Sums under random signs: what a paired randomisation test repeats, for many columns at once. */
import { Rng } from "../../util/rng.ts";

/** Patterns worked on together: their sums and signs stay in the cache. Part of what a seed means, as every pattern is drawn in chunks. */
const CHUNK = 4096;
/** Turns whose signs one draw holds, and turns whose sum under each pattern of signs is looked up. */
const DRAW = 32;
const TABLE = 8;

/**
 * Σ s_t x_t of each column under `permutations` patterns of signs s. The patterns depend on the seed and the columns' length
 * alone. They are the same for every column, so that the sum of a difference is the difference of two sums: k systems
 * need k walks for all their k(k-1)/2 tests. `visit` sees chunk after chunk: `sums[c][i]` of column c under a pattern; the
 * arrays are used again.
 */
export function flippedSums(
  columns: readonly Float64Array[],
  { permutations, seed }: { permutations: number; seed: number },
  visit: (sums: readonly Float64Array[]) => void,
): void {
  const n = columns[0]?.length ?? 0;
  const rng = Rng.of(seed, "randomisation", n);
  const signs = new Uint32Array(CHUNK);
  const table = new Float64Array(1 << TABLE);
  const sums = columns.map(() => new Float64Array(CHUNK));
  for (let done = 0; done < permutations; done += CHUNK) {
    const count = Math.min(CHUNK, permutations - done);
    for (const each of sums) each.fill(0);
    for (let turn = 0; turn < n; turn += DRAW) {
      for (let i = 0; i < count; i++) signs[i] = rng.uint32();
      for (const [c, column] of columns.entries())
        for (let shift = 0; shift < DRAW && turn + shift < n; shift += TABLE) {
          fill(table, column.subarray(turn + shift, Math.min(n, turn + shift + TABLE)));
          add(sums[c]!, { table, signs, shift, count });
        }
    }
    visit(count === CHUNK ? sums : sums.map((each) => each.subarray(0, count)));
  }
}

/** table[b] = Σ ±values[i], plus where bit i of b is set. */
function fill(table: Float64Array, values: Float64Array): void {
  table[0] = values.reduce((sum, x) => sum - x, 0);
  // Bits above the values change nothing: the last turns fill a part of the table, and its copies.
  for (let bit = 0; 1 << bit < table.length; bit++)
    for (let b = 0; b < 1 << bit; b++) table[b + (1 << bit)] = table[b]! + 2 * (values[bit] ?? 0);
}

function add(
  sums: Float64Array,
  { table, signs, shift, count }: { table: Float64Array; signs: Uint32Array; shift: number; count: number },
): void {
  const mask = table.length - 1;
  for (let i = 0; i < count; i++) sums[i]! += table[(signs[i]! >>> shift) & mask]!;
}
