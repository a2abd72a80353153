/** @file Writing beside the main thread. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { IoError } from "../../src/util/errors.ts";
import { JsonlWriter } from "../../src/util/jsonl.ts";
import { WriteThread } from "../../src/util/write-thread.ts";

const folder = mkdtempSync(join(tmpdir(), "uniconv-thread-"));
let thread: WriteThread | undefined;
afterEach(() => thread?.end());

test("writes the same file and knows the same digest as writing in this thread, past what may wait", async () => {
  thread = new WriteThread();
  const [here, there] = [join(folder, "here.jsonl"), join(folder, "there.jsonl")];
  const writers = [JsonlWriter.create(here), JsonlWriter.create(there, thread.file(there))];
  // 32 blocks may wait: this makes 115.
  const long = "x".repeat(100_000);
  for (let i = 0; i < 300; i++) for (const writer of writers) writer.write({ id: String(i), long });
  // And a line that fills several.
  for (const writer of writers) writer.write({ id: "last", long: "y".repeat(1_000_000) });
  const [a, b] = await Promise.all(writers.map((writer) => writer.close()));
  expect(b).toEqual(a);
  const bytes = readFileSync(there);
  expect(bytes.equals(readFileSync(here))).toBe(true);
  expect(b!.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
});

test("keeps two files apart", async () => {
  thread = new WriteThread();
  const paths = [join(folder, "one.jsonl"), join(folder, "two.jsonl")];
  const writers = paths.map((path) => JsonlWriter.create(path, thread!.file(path)));
  for (let i = 0; i < 1000; i++) writers[i % 2]!.write({ i });
  const [one, two] = await Promise.all(writers.map((writer) => writer.close()));
  expect(one!.sha256).not.toBe(two!.sha256);
  expect(one!.sha256).toBe(createHash("sha256").update(readFileSync(paths[0]!)).digest("hex"));
  expect(readFileSync(paths[0]!, "utf8").split("\n").slice(0, 2)).toEqual(['{"i":0}', '{"i":2}']);
  expect(readFileSync(paths[1]!, "utf8").split("\n").slice(0, 2)).toEqual(['{"i":1}', '{"i":3}']);
});

test.skipIf(!existsSync("/dev/full"))("a full disk is an error with the path: at the next write, at the latest when closed", async () => {
  thread = new WriteThread();
  const closed = JsonlWriter.create("/dev/full", thread.file("/dev/full"));
  closed.write({ id: "1" });
  await expect(closed.close()).rejects.toThrow(/^\/dev\/full: cannot write: no space left/);
  await thread.end();

  thread = new WriteThread();
  const writer = JsonlWriter.create("/dev/full", thread.file("/dev/full"));
  const flood = () => {
    for (let i = 0; i < 500; i++) writer.write({ text: "x".repeat(200_000) });
  };
  expect(flood).toThrow(IoError);
});

test("a path that cannot be created is an error with the path", async () => {
  thread = new WriteThread();
  const path = join(folder, "missing", "file.jsonl");
  await expect(JsonlWriter.create(path, thread.file(path)).close()).rejects.toThrow(/missing\/file\.jsonl: cannot write: no such file/);
});
