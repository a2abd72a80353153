/** @file `-` stands for standard input in prepare-data and validate, whatever form comes through it. */
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Manifest } from "../../src/schema/manifest.ts";
import { type Ran, startCli } from "../cli/run-cli.ts";
import { freshFolder, prepare, sample } from "./prepared.ts";

async function piped(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const { child, ended } = startCli(args, { env, stdin: "pipe" });
  // Whoever refuses the options reads nothing.
  child.stdin!.on("error", () => {});
  child.stdin!.end(readFileSync(file));
  return ended;
}

const turns = sample("topiocqa", "final_dev.json");
const collection = sample("topiocqa", "full_wiki_segments.tsv");
const read = (folder: string, name: string): string => readFileSync(join(folder, name), "utf8");

test("conversations and collections through a pipe give what their files give, and leave nothing behind", async () => {
  const [first, second, scratch] = [join(freshFolder(), "a"), join(freshFolder(), "b"), freshFolder()];
  const files = await prepare({ dataset: "topiocqa", input: [turns], collection: [collection], split: "dev" });
  const common = ["prepare-data", "--dataset", "topiocqa", "--split", "dev", "-q"];
  const env = { TMPDIR: scratch };
  const one = await piped(turns, [...common, "--input", "-", "--collection", collection, "--output", first], env);
  const two = await piped(collection, [...common, "--input", turns, "--collection", "-", "--output", second], env);
  expect([one.code, two.code], one.stderr + two.stderr).toEqual([0, 0]);
  for (const output of [first, second])
    for (const name of ["turns.jsonl", "passages.jsonl", "qrels.tsv"]) expect(read(output, name)).toBe(read(files.output, name));
  const [own, dashed] = [files.output, first].map((folder) => (JSON.parse(read(folder, "manifest.json")) as Manifest).inputs);
  expect(dashed![0]).toEqual({ ...own![0], path: "-" });
  expect(readdirSync(scratch)).toEqual([]);
});

test("plain collections are told from JSON lines by their first character", async () => {
  const passagesOf = async (file: string, dataset: string): Promise<string> => {
    const output = join(freshFolder(), "p");
    const input = dataset === "trec" ? sample("trec", "topics.test.tsv") : sample("qrecc", "scai_test.json");
    const { code, stderr } = await piped(file, [
      "prepare-data",
      "--dataset",
      dataset,
      "--input",
      input,
      "--collection",
      "-",
      "--output",
      output,
    ]);
    expect(code, stderr).toBe(0);
    return read(output, "passages.jsonl");
  };
  const [tsv, lines] = [sample("qrecc", "passages.tsv"), sample("trec", "passages.jsonl")];
  const input = [sample("qrecc", "scai_test.json")];
  expect(await passagesOf(tsv, "qrecc")).toBe((await prepare({ dataset: "qrecc", input, collection: [tsv] })).bytes[1]);
  const topics = [sample("trec", "topics.test.tsv")];
  expect(await passagesOf(lines, "trec")).toBe((await prepare({ dataset: "trec", input: topics, collection: [lines] })).bytes[1]);
});

test("standard input named twice is refused, and a split that no name tells is asked for", async () => {
  const output = join(freshFolder(), "p");
  const twice = await piped(turns, ["prepare-data", "--dataset", "topiocqa", "--input", "-", "--collection", "-", "--output", output]);
  expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining("read only once")]);
  const unnamed = await piped(turns, ["prepare-data", "--dataset", "topiocqa", "--input", "-", "--output", output]);
  expect([unnamed.code, unnamed.stderr]).toEqual([2, expect.stringContaining("Give --split")]);
  expect(existsSync(output)).toBe(false);
});

test("a stop while standard input stays open ends the run and leaves nothing", async () => {
  const scratch = freshFolder();
  const output = join(freshFolder(), "p");
  const args = ["prepare-data", "--dataset", "topiocqa", "--input", "-", "--split", "dev", "--output", output];
  const { child, ended } = startCli(args, { env: { TMPDIR: scratch }, stdin: "pipe" });
  child.stdin!.write("[");
  while (readdirSync(scratch).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGTERM");
  await once(child, "exit");
  expect((await ended).code).toBe(143);
  expect([readdirSync(scratch), existsSync(output)]).toEqual([[], false]);
});

test("validate reads a dataset's file through a pipe", async () => {
  const { code, stdout } = await piped(turns, ["validate", "--dataset", "topiocqa", "-"]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("Nothing is wrong")]);
});
