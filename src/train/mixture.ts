/** @file Which samples make which pool: a pure function of the seed, the epoch and the mixture. */
import type { TrainSample } from "../schema/records.ts";
import { DataError, UsageError } from "../util/errors.ts";
import { Rng } from "../util/rng.ts";

export interface MixtureOptions {
  seed: number;
  batch_size: number;
  /** Pools of samples of similar length: less padding, and negatives of the same kind. */
  group_by_length: boolean;
  mix: Readonly<Record<string, { weight: number; cap?: number | undefined }>>;
  /** Whether a sample has anything to teach; those that have not take no place in a pool. By default all have. */
  feeds?: (sample: TrainSample) => boolean;
}

export interface Mixture {
  /** Pools of one epoch; the samples that do not fill a pool wait for the next epoch's shuffle. */
  poolsPerEpoch: number;
  /** The samples of pool `index`, counted over all epochs. */
  pool(index: number): { samples: TrainSample[]; epoch: number };
  /** Samples per epoch by source. */
  counts: Record<string, number>;
}

/** Throws `UsageError` for a mix of unknown sources, `DataError` where no sample is left. */
export function mixture(
  samples: readonly TrainSample[],
  { seed, batch_size, group_by_length, mix, feeds = () => true }: MixtureOptions,
): Mixture {
  const bySource = new Map<string, number[]>();
  samples.forEach((sample, index) => {
    const list = bySource.get(sample.source) ?? [];
    if (feeds(sample)) list.push(index);
    bySource.set(sample.source, list);
  });
  const unknown = Object.keys(mix).filter((source) => !bySource.has(source));
  if (unknown.length > 0)
    throw new UsageError(`mix names ${unknown.join(", ")}; the input has the sources ${[...bySource.keys()].join(", ")}`);
  const capped = [...bySource].map(([source, indices]) => ({
    source,
    weight: mix[source]?.weight ?? 1,
    indices: Rng.of(seed, "cap", source)
      .shuffled(indices)
      .slice(0, mix[source]?.cap ?? Infinity),
  }));

  const epochOf = (epoch: number): number[] =>
    Rng.of(seed, "epoch", epoch).shuffled(
      capped.flatMap(({ source, weight, indices }) => {
        const whole = Math.floor(weight);
        const part = Math.round((weight - whole) * indices.length);
        return [
          ...Array.from({ length: whole }, () => indices).flat(),
          ...Rng.of(seed, "part", source, epoch).shuffled(indices).slice(0, part),
        ];
      }),
    );
  const counts = Object.fromEntries(
    capped.map(({ source, weight, indices }) => [source, Math.floor(weight) * indices.length + Math.round((weight % 1) * indices.length)]),
  );
  const size = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (size === 0) throw new DataError(`the mixture holds no sample: of ${samples.length} read, none is left after weights and caps`);
  const poolsPerEpoch = Math.max(1, Math.floor(size / batch_size));
  const lengths = group_by_length ? samples.map(lengthOf) : [];
  let current = { epoch: -1, order: [] as number[] };
  return {
    poolsPerEpoch,
    counts,
    pool(index) {
      const epoch = Math.floor(index / poolsPerEpoch);
      if (current.epoch !== epoch) {
        const order = epochOf(epoch);
        current = { epoch, order: group_by_length ? grouped(order, { lengths, batch_size, rng: Rng.of(seed, "groups", epoch) }) : order };
      }
      const first = (index % poolsPerEpoch) * batch_size;
      return { samples: current.order.slice(first, first + batch_size).map((at) => samples[at]!), epoch };
    },
  };
}

/** Pools that are sorted together: wide enough to find neighbours of a length, narrow enough to stay shuffled. */
const WINDOW = 16;

/** Sorts each window of the shuffled order by length, cuts it into pools, and shuffles the pools. */
function grouped(
  order: readonly number[],
  { lengths, batch_size, rng }: { lengths: readonly number[]; batch_size: number; rng: Rng },
): number[] {
  const pools: number[][] = [];
  for (let start = 0; start < order.length; start += WINDOW * batch_size) {
    const window = order.slice(start, start + WINDOW * batch_size).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
    for (let at = 0; at < window.length; at += batch_size) pools.push(window.slice(at, at + batch_size));
  }
  const whole = pools.filter((pool) => pool.length === batch_size);
  return [...rng.shuffled(whole), ...pools.filter((pool) => pool.length < batch_size)].flat();
}

/** Characters of the conversation: what decides the padding of the longest passes. */
function lengthOf({ history, question }: TrainSample): number {
  return history.reduce((sum, exchange) => sum + exchange.question.length + exchange.response.length, question.length);
}
