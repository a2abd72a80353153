/**
 * @file The passages of a prepared folder that somebody asked for, out of millions. A line is written `{"id":"…",`, so that the others can be
 * passed over by their ids: parsing every line would take many times as long. The file's hash was checked when its folder was opened.
 */
import { z } from "zod";
import { Passage } from "../schema/records.ts";
import { parseRecord } from "./jsonl.ts";
import { readLineBatches } from "./lines.ts";

const HEAD = Buffer.from('{"id":"');
const [QUOTE, BACKSLASH] = [34, 92] as const;
const WithId = z.object({ id: z.string() });

/** A row by its number, from 0. */
export interface PassageRow {
  id: string;
  row: number;
}

/** Where the wanted ids stand. */
export async function* readRowsOf(path: string, wanted: (id: string) => boolean): AsyncGenerator<PassageRow> {
  for await (const { id, row } of rowsWhere(path, wanted, WithId)) yield { id, row };
}

/** The wanted passages, in file order. */
export async function* readPassagesOf(path: string, wanted: ReadonlySet<string>): AsyncGenerator<Passage> {
  for await (const { record } of rowsWhere(path, (id) => wanted.has(id), Passage)) yield record;
}

async function* rowsWhere<T extends { id: string }>(
  path: string,
  wanted: (id: string) => boolean,
  schema: z.ZodType<T>,
): AsyncGenerator<PassageRow & { record: T }> {
  let row = 0;
  for await (const lines of readLineBatches(path)) {
    for (const source of lines) {
      const id = plainId(source.bytes);
      if (id === undefined || wanted(id)) {
        const record = parseRecord({ source, schema, path, warn: undefined });
        if (wanted(record.id)) yield { id: record.id, row, record };
      }
      row++;
    }
  }
}

/** The id, where it stands first and needs no parsing. */
function plainId(bytes: Buffer): string | undefined {
  if (bytes.compare(HEAD, 0, HEAD.length, 0, Math.min(HEAD.length, bytes.length)) !== 0) return undefined;
  const end = bytes.indexOf(QUOTE, HEAD.length);
  const backslash = bytes.subarray(HEAD.length, Math.max(end, HEAD.length)).includes(BACKSLASH);
  return end < 0 || backslash ? undefined : bytes.toString("utf8", HEAD.length, end);
}
