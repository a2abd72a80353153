/** @file The elements of one huge JSON array, or the members of one huge object, one at a time: memory holds one value, not the file. */
import { type ReadOptions, refuse } from "./chunks.ts";
import { DataError } from "./errors.ts";
import { JsonWindow } from "./json-window.ts";

export async function* readJsonArray(
  path: string,
  options: ReadOptions = {},
): AsyncGenerator<{ value: unknown; index: number; line: number }> {
  const window = new JsonWindow(path, options);
  try {
    await window.open("[", "a JSON array");
    for (let index = 0; await window.hasNext("]", index); index++) {
      const { value, line } = (await window.peek()).take();
      yield { value, index, line };
    }
    await window.finish();
  } finally {
    await window.close();
  }
}

export async function* readJsonObject(
  path: string,
  options: ReadOptions = {},
): AsyncGenerator<{ key: string; value: unknown; line: number }> {
  const window = new JsonWindow(path, options);
  const lines = new Map<string, number>();
  try {
    await window.open("{", "a JSON object");
    for (let index = 0; await window.hasNext("}", index); index++) {
      const { value: key, line } = (await window.peek()).take();
      if (typeof key !== "string") throw new DataError("expected a key in quotes", { file: path, line });
      const earlier = lines.get(key);
      if (earlier !== undefined)
        refuse(new DataError(`the key ${JSON.stringify(key)} is in line ${earlier} already`, { file: path, line }), options);
      lines.set(key, line);
      await window.pass(":");
      const { value } = (await window.peek()).take();
      if (earlier === undefined) yield { key, value, line };
    }
    await window.finish();
  } finally {
    await window.close();
  }
}
