/** @file One line of the doctor's report. */

/** `absent` is information: what is not there is not needed for work on the CPU. `broken` is. */
export type CheckStatus = "ok" | "absent" | "broken";

export interface Check {
  /** Stable, for programs: `cuda.provider`. */
  id: string;
  status: CheckStatus;
  /** What was looked at, in a word or two. */
  name: string;
  /** What was found. */
  found: string;
  /** Command lines, or a sentence, that mend it. */
  fix?: string[];
  /** The same as numbers and names, for programs. */
  facts?: Record<string, unknown>;
}
