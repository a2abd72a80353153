/** @file First Ctrl-C or SIGTERM: finish the step. Second: leave at once; the engine's process is killed on the way out. */

type Stop = "SIGINT" | "SIGTERM";
const CODES: Record<Stop, number> = { SIGINT: 130, SIGTERM: 143 };

export interface Signals {
  signal: AbortSignal;
  /** What arrived first. */
  received(): Stop | undefined;
}

export function watchSignals(onFirst: (signal: Stop) => void, onSecond: () => void): Signals {
  const controller = new AbortController();
  let first: Stop | undefined;
  const arrived = (signal: Stop): void => {
    if (first !== undefined) {
      onSecond();
      process.exit(CODES[signal]);
    }
    first = signal;
    onFirst(signal);
    controller.abort(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => arrived(signal));
  return { signal: controller.signal, received: () => first };
}

export const exitCodeOfSignal = (signal: Stop): number => CODES[signal];
