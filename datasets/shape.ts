/** @file Tells the file of another dataset by its first character, before its records would be blamed one by one. */
import { readChunks } from "../src/util/chunks.ts";
import { DataError } from "../src/util/errors.ts";

const shapes = { "[": "a JSON array", "{": "a JSON object" } as const;

/** `files` completes "… are a JSON array of turns": "TopiOCQA files". */
export async function expectShape({
  file,
  first,
  files,
  of,
}: {
  file: string;
  first: "[" | "{";
  files: string;
  of: string;
}): Promise<void> {
  const found = await firstCharacter(file);
  const expected = `${files} are ${shapes[first]} of ${of}`;
  if (found === undefined) throw new DataError(`The file is empty. ${expected}.`, { file });
  if (found === first) return;
  const other = found === "[" || found === "{" ? shapes[found] : `neither (it begins with ${JSON.stringify(found)})`;
  throw new DataError(`${expected}; this is ${other}. Is it a file of another --dataset?`, { file, line: 1 });
}

export async function firstCharacter(file: string): Promise<string | undefined> {
  for await (const chunk of readChunks(file)) {
    const text = chunk.toString("latin1").trimStart();
    if (text !== "") return text[0];
  }
  return undefined;
}
