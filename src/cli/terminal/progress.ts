/** @file Progress as plain lines where stderr is no terminal: one per 5 % or 30 s, and none for what is over in a second. */
import type { Progress } from "../../util/reporter.ts";

const STEP = 0.05;
const LONGEST_MS = 30_000;
const SHORTEST_MS = 1000;

export interface ProgressView {
  show(progress: Progress): void;
  /** Before other text is written to stderr. */
  clear(): void;
  /** The command is over. */
  end(): void;
}

export const noProgress: ProgressView = { show() {}, clear() {}, end() {} };

export function lineProgress(write: (line: string) => void, now: () => number = () => performance.now()): ProgressView {
  let label: string | undefined;
  let start = 0;
  let from = 0;
  let lastAt = 0;
  let lastShare = 0;
  return {
    show(progress) {
      const at = now();
      if (progress.label !== label) {
        label = progress.label;
        start = lastAt = at;
        from = progress.done;
        lastShare = 0;
      }
      const share = progress.total === undefined ? 0 : progress.done / Math.max(1, progress.total);
      const step = share - lastShare >= STEP || (share >= 1 && lastShare < 1);
      if (!(step && at - lastAt >= SHORTEST_MS) && at - lastAt < LONGEST_MS) return;
      lastAt = at;
      lastShare = share;
      write(describe(progress, { seconds: (at - start) / 1000, from }));
    },
    clear() {},
    end() {},
  };
}

/** What a rate is measured against: a resumed run begins with much done already, in no time. */
export interface Since {
  seconds: number;
  from: number;
}

/** `indexing 45 % (450/1000 passages, 120/s, 5 s left) loss 1.2` */
export function describe({ label, done, total, unit, detail }: Progress, { seconds, from }: Since): string {
  // The first moment says nothing of the rate.
  const rate = seconds >= 0.1 ? (done - from) / seconds : 0;
  const facts = [total === undefined ? `${done} ${unit}` : `${done}/${total} ${unit}`];
  if (rate > 0) facts.push(`${rate >= 10 ? Math.round(rate) : rate.toPrecision(2)}/s`);
  if (rate > 0 && total !== undefined && done < total) facts.push(`${duration((total - done) / rate)} left`);
  const share = total === undefined ? "" : ` ${Math.floor((100 * done) / Math.max(1, total))} %`;
  return `${label}${share} (${facts.join(", ")})${detail === undefined ? "" : ` ${detail}`}`;
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}
