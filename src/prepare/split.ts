/** @file Which split a turn belongs to: dealt out by conversation, named by the user, by the dataset, or by the file's name. */
import { basename } from "node:path";
import type { Split } from "../../datasets/types.ts";
import { UsageError } from "../util/errors.ts";
import { sha256 } from "../util/hash.ts";
import { Rng } from "../util/rng.ts";
import { compareBytes } from "../util/sort.ts";

export const splits = ["train", "dev", "test"] as const;

/** Each asked split with its conversations, in the order they were drawn. */
export type Deal = Partial<Record<Split, string[]>>;

/** A function of the set of conversations, the sizes and the seed: the order of the file plays no part. */
export function dealConversations({ conversations, sizes, seed }: { conversations: readonly string[]; sizes: string; seed: number }): Deal {
  const wanted = parseSizes(sizes);
  const total = [...wanted.values()].reduce((sum, size) => sum + size, 0);
  if (total > conversations.length) {
    throw new UsageError(`--split-conversations ${sizes} asks for ${total} conversations, the input has ${conversations.length}.`);
  }
  const drawn = Rng.of(seed, "split-conversations").shuffled(conversations.toSorted(compareBytes));
  const deal: Deal = {};
  let at = 0;
  for (const split of splits) {
    const size = wanted.get(split);
    if (size === undefined) continue;
    deal[split] = drawn.slice(at, at + size);
    at += size;
  }
  return deal;
}

function parseSizes(sizes: string): Map<Split, number> {
  const wanted = new Map<Split, number>();
  for (const part of sizes.split(",")) {
    const [name, size] = part.split("=");
    const split = splits.find((known) => known === name);
    if (split === undefined || !/^\d+$/.test(size ?? "")) throw new UsageError(`--split-conversations: "${part}" is not like train=56.`);
    if (wanted.has(split)) throw new UsageError(`--split-conversations names "${split}" twice.`);
    wanted.set(split, Number(size));
  }
  return wanted;
}

/** What the manifest keeps of a deal: the conversations themselves while they are few, their hash always. */
export function describeDeal(deal: Deal): Record<string, unknown> {
  return Object.fromEntries(
    splits.flatMap((split) => {
      const conversations = deal[split]?.toSorted(compareBytes);
      if (conversations === undefined) return [];
      const entry = { conversations: conversations.length, sha256: sha256(Buffer.from(conversations.join("\n"))) };
      return [[split, conversations.length <= 1000 ? { ...entry, ids: conversations } : entry]];
    }),
  );
}

/** "topiocqa_dev.json" is dev; "valid" and "validation" are read as dev. */
export function splitOfFile(file: string): Split | undefined {
  const found = new Set<Split>();
  for (const word of basename(file)
    .toLowerCase()
    .split(/[^a-z]+/)) {
    if (word === "train" || word === "training") found.add("train");
    if (word === "dev" || word === "valid" || word === "validation") found.add("dev");
    if (word === "test") found.add("test");
  }
  return found.size === 1 ? [...found][0] : undefined;
}
