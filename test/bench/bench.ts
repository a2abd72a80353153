/** @file What a benchmark is: a name, what it needs, and rows whose figures are ratios within one run. */

export interface Row {
  what: string;
  value: string;
  /** The figure as a share of another one measured in the same run. */
  ratio?: number;
  /** What the ratio should reach; `most` where smaller is better. */
  goal?: { least: number } | { most: number };
}

export interface Settings {
  /** Where checkpoints and exported graphs are kept between runs; git ignores it. */
  folder: string;
  rounds: number;
  /** Of every side, as an argument of its process. */
  threads: string;
  /** Two layers instead of thirty: to try the benchmark itself. */
  quick: boolean;
  /** A Python with the peers' packages, or null: the rows that need it say so. */
  python: string | null;
  /** Real datasets, or null. */
  data: string | null;
  note(message: string): void;
}

export interface Bench {
  title: string;
  run(settings: Settings): Promise<Row[]>;
}

export const seconds = (x: number): string => (x < 1 ? `${(x * 1000).toPrecision(3)} ms` : `${x.toPrecision(3)} s`);
export const megabytes = (x: number): string => `${Math.round(x)} MB`;
export const gigaflops = (x: number): string => `${(x / 1e9).toPrecision(3)} GFLOP/s`;

/** FLOP of the product `MxKxN`. */
export const productFlops = (shape: string): number => shape.split("x").reduce((product, size) => product * Number(size), 2);

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
