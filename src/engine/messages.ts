/** @file What crosses the border between the command line and the engine's process. */
import type { Progress } from "../util/reporter.ts";

export type ToChild =
  | { type: "start"; module: string; input: unknown }
  | { type: "stop" }
  | { type: "answer"; id: number; value: unknown }
  | { type: "refusal"; id: number; error: WireError };

export type FromChild =
  | { type: "progress"; progress: Progress }
  | { type: "info"; message: string }
  | { type: "warn"; message: string }
  | { type: "metric"; record: Record<string, unknown> }
  | { type: "question"; id: number; question: unknown }
  | { type: "result"; value: unknown }
  | { type: "error"; error: WireError };

export interface WireError {
  name: string;
  message: string;
  stack: string | undefined;
  file: string | undefined;
  line: number | undefined;
  exitCode: number | undefined;
}

/** What a running job may say and ask. */
export interface Job {
  report(progress: Progress): void;
  info(message: string): void;
  warn(message: string): void;
  /** A record for metrics.jsonl or the like; the parent's `onMetric` gets it. */
  metric(record: Record<string, unknown>): void;
  /** What the parent's `onQuestion` makes of `question` (plain data); rejects with what it throws. */
  ask(question: unknown): Promise<unknown>;
  /** True once a stop was asked for: finish the step, save what resumes, throw `Interrupted`. It changes only while the job awaits. */
  readonly stopping: boolean;
}

/** A job module exports this as `run`. */
export type RunJob<In, Out> = (input: In, job: Job) => Promise<Out>;
