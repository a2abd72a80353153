/** @file Checks a record of a dataset file against its schema and says what is wrong where. */
import type { ZodType } from "zod";
import { DataError } from "../src/util/errors.ts";
import { type ReadOptions, refuse } from "../src/util/chunks.ts";
import type { DatasetEvent, Place } from "./types.ts";

/** `what` completes "is not …": "a TopiOCQA turn". */
export function checkRecord<T>(schema: ZodType<T>, value: unknown, what: string, place: Place): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join(".") || "(record)"}: ${issue.message}`);
  const keys = typeof value === "object" && value !== null ? ` Its keys: ${Object.keys(value).slice(0, 12).join(", ")}.` : "";
  throw new DataError(`This is not ${what} (${problems.join("; ")}).${keys}`, place);
}

/** The events of each item in turn. What is wrong with one is told or thrown; where it is told, the next one goes on. */
export function* eventsOfEach<T>(
  items: Iterable<T>,
  eventsOf: (item: T) => Iterable<DatasetEvent>,
  reading: Pick<ReadOptions, "problem">,
): Generator<DatasetEvent> {
  for (const item of items) {
    try {
      yield* eventsOf(item);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      refuse(error, reading);
    }
  }
}
