/** @file What a stage may say while it works; the command line decides how it looks. */

export interface Progress {
  label: string;
  done: number;
  /** Absent when the amount of work is not known beforehand. */
  total?: number;
  unit: string;
  /** Changing details behind the bar: losses, rates. */
  detail?: string;
  /** Part of something longer: leaves no line behind when it is over. */
  passing?: boolean;
}

export interface Reporter {
  info(message: string): void;
  warn(message: string): void;
  progress(progress: Progress): void;
}

/** What every stage gets beside its options. */
export interface StageContext {
  reporter: Reporter;
  /** Aborted at the first Ctrl-C or SIGTERM: finish the step, leave a resumable output, throw `Interrupted`. */
  signal: AbortSignal;
}

export const silentReporter: Reporter = { info() {}, warn() {}, progress() {} };

const SHOWN = 3;

/** A damaged file may need thousands of repairs: the first ones are told, the others counted. */
export function firstWarnings(warn: Reporter["warn"]): { take: Reporter["warn"]; end: () => void } {
  let count = 0;
  return {
    take: (message) => {
      if (++count <= SHOWN) warn(message);
    },
    end: () => {
      if (count > SHOWN) warn(`and ${count - SHOWN} more repairs of that kind`);
    },
  };
}
