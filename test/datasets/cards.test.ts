/** @file The commands and the promises of the dataset cards: each command runs as it is written, on the sample under the names it uses. */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { datasetFolder, datasetNames, loadReader } from "../../datasets/registry.ts";
import { resolveOptions, validated } from "../../src/cli/options/resolve.ts";
import { PrepareDataOptions } from "../../src/schema/options/prepare-data.ts";
import { freshFolder, prepare } from "../prepare/prepared.ts";

const names = datasetNames();
const cardOf = (name: string): string => readFileSync(join(datasetFolder(name), "CARD.md"), "utf8");

function optionsOf(command: string): PrepareDataOptions {
  const [name, ...argv] = command.split(" ").slice(1);
  return validated(resolveOptions({ name: name!, schema: PrepareDataOptions, argv, environment: {} }), name!) as PrepareDataOptions;
}

test("every command of a card prepares the sample", async () => {
  const folder = freshFolder();
  const here = (paths: readonly string[]): string[] => paths.map((path) => join(folder, path));
  const prepared: string[] = [];
  for (const name of names) {
    const { sample } = await loadReader(name);
    for (const [command] of cardOf(name).matchAll(/(?<=`)uniconv prepare-data [^`]+/g)) {
      const options = optionsOf(command);
      for (const kind of ["input", "collection", "qrels"] as const)
        for (const [at, path] of options[kind].entries())
          // What an earlier card's command made is there already.
          if (!prepared.includes(path)) cpSync(join(datasetFolder(name), sample[kind]![at]!), join(folder, path), { recursive: true });
      const { stats } = await prepare({
        ...options,
        // The sample has fewer conversations than the file.
        ...(options.split_conversations !== undefined && { split_conversations: "train=1,test=1" }),
        input: here(options.input),
        collection: here(options.collection),
        qrels: here(options.qrels),
        output: join(folder, options.output),
      });
      expect(stats, command).toHaveProperty(
        name === "ultrachat" || name === "inverse-cloze" ? "samples.kept" : "turns.kept",
        expect.any(Number),
      );
      prepared.push(options.output);
    }
  }
  expect(prepared.length, "a command in every card but the shipped dataset's").toBe(names.length - 1);
});

/** Formats of our own: there is no published file to read. */
const OWN = ["jsonl", "trec", "inverse-cloze", "quickstart"];

describe.each(names.filter((name) => !OWN.includes(name)))("the card of %s", (name) => {
  test("says how to get the files, and what was read of the real ones or that none was", () => {
    const card = cardOf(name);
    expect(card).toContain("**How to get it**");
    expect(card).toMatch(/not verified on the real file|was read whole|were read as published/);
    expect(card, "the sample is ours").toMatch(/`sample\/` was written for this project/);
  });
});
