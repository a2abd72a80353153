/** @file The inverted index on disk: sorted lists as lines, postings as little-endian 32-bit numbers. */
import { join } from "node:path";
import type { Artifact } from "../../util/artifact.ts";
import { DataError } from "../../util/errors.ts";
import { readBytes, readText, writeFileDurable } from "../../util/files.ts";
import { JsonlWriter } from "../../util/jsonl.ts";
import { compareBytes } from "../../util/sort.ts";
import type { InvertedIndex } from "./inverted-index.ts";

const ARRAYS = ["starts", "passages", "counts", "lengths"] as const;

export async function writeIndex(dir: string, index: InvertedIndex): Promise<void> {
  await writeLines(join(dir, "ids.txt"), index.ids);
  await writeLines(join(dir, "terms.txt"), index.terms.keys());
  for (const name of ARRAYS) {
    const array = index[name];
    writeFileDurable(join(dir, `${name}.u32`), new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
}

/** Throws `DataError` for anything that is not an inverted index, whatever its hashes say. */
export function readIndex(artifact: Artifact): InvertedIndex {
  const terms = readLines(artifact.path("terms.txt"));
  const index: InvertedIndex = {
    ids: readLines(artifact.path("ids.txt")),
    terms: new Map(terms.map((term, number) => [term, number])),
    starts: readUint32(artifact.path("starts.u32")),
    passages: readUint32(artifact.path("passages.u32")),
    counts: readUint32(artifact.path("counts.u32")),
    lengths: readUint32(artifact.path("lengths.u32")),
  };
  const problem = findProblem(index, terms);
  if (problem !== undefined) throw new DataError(`the index is damaged: ${problem}; build it again`, { file: artifact.dir });
  return index;
}

function findProblem({ ids, starts, passages, counts, lengths }: InvertedIndex, terms: readonly string[]): string | undefined {
  if (ids.length === 0) return "it holds no passage";
  if (!ascends(ids)) return "the passage ids are not in order";
  if (!ascends(terms)) return "the terms are not in order";
  if (lengths.length !== ids.length) return `${ids.length} ids but ${lengths.length} lengths`;
  if (starts.length !== terms.length + 1) return `${terms.length} terms but ${starts.length - 1} lists of postings`;
  if (passages.length !== counts.length || starts[0] !== 0 || starts.at(-1) !== passages.length)
    return "the postings do not fill their lists";
  const totals = new Float64Array(ids.length);
  for (let term = 0; term < terms.length; term++) {
    if (starts[term]! >= starts[term + 1]!) return `no postings for the term number ${term}`;
    for (let i = starts[term]!; i < starts[term + 1]!; i++) {
      if (passages[i]! >= ids.length || (i > starts[term]! && passages[i]! <= passages[i - 1]!))
        return "postings are out of order or range";
      totals[passages[i]!]! += counts[i]!;
    }
  }
  return totals.every((total, passage) => total === lengths[passage]) ? undefined : "the postings do not add up to the lengths";
}

function ascends(texts: readonly string[]): boolean {
  return texts.every((text, i) => i === 0 || compareBytes(texts[i - 1]!, text) < 0);
}

async function writeLines(path: string, lines: Iterable<string>): Promise<void> {
  const writer = JsonlWriter.create(path);
  for (const line of lines) writer.writeLine(line);
  await writer.close();
}

function readLines(path: string): string[] {
  const text = readText(path);
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function readUint32(path: string): Uint32Array {
  const bytes = readBytes(path);
  if (bytes.length % 4 !== 0) throw new DataError(`has ${bytes.length} bytes, not whole 32-bit numbers`, { file: path });
  // A copy, because a small Buffer need not start at a multiple of four.
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
