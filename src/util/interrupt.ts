/** @file Stops long work between two of its steps. */
import { setImmediate } from "node:timers/promises";
import { Interrupted } from "./errors.ts";

/** Lets a signal be heard, which it cannot be while this thread computes. Throws `Interrupted` after one; `what` is what was going on. */
export async function pause(signal: AbortSignal, what: string): Promise<void> {
  await setImmediate();
  if (signal.aborted) throw new Interrupted(`stopped ${what}; run it again`);
}
