/** @file What crosses the border between a job and its workers: calls by name, each with one answer. */
import type { WireError } from "./messages.ts";

export interface OpenWorker {
  type: "open";
  id: number;
  module: string;
  input: unknown;
}

export interface CallWorker {
  type: "call";
  id: number;
  method: string;
  argument: unknown;
}

export type FromWorker = { id: number; value: unknown } | { id: number; error: WireError };

/** A worker's module exports this as `serve`: what it opens from the input, and what can be called. */
export type Serve<In> = (input: In) => Promise<Record<string, (argument: never) => unknown>>;
