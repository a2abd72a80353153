/** @file The published turns of QReCC test with made-up texts: the ids and judgements are at hand, the questions are not. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { freshFolder, prepare } from "./prepared.ts";

/** `sources`: turn → where its conversation is from. */
export async function preparedQrecc(qrels: string, sources: ReadonlyMap<string, string> = new Map()): ReturnType<typeof prepare> {
  const ids = Object.keys(JSON.parse(gunzipSync(readFileSync(qrels)).toString("utf8")) as object);
  const file = join(freshFolder(), "test.json");
  const turns = ids.map((id) => {
    const [Conversation_no, Turn_no] = id.split("_").map(Number) as [number, number];
    const Context = Array.from({ length: 2 * (Turn_no - 1) }, () => "x");
    return { Context, Question: "x", Truth_answer: "x", Conversation_no, Turn_no, Conversation_source: sources.get(id) };
  });
  writeFileSync(file, JSON.stringify(turns));
  return await prepare({ dataset: "qrecc", input: [file], qrels: [qrels] });
}
