/** @file A folder in the layout of BEIR (Thakur et al., 2021): corpus.jsonl, queries.jsonl, qrels/{train,dev,test}.tsv. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Id } from "../../src/schema/records.ts";
import { type ReadOptions, refuse } from "../../src/util/chunks.ts";
import { DataError } from "../../src/util/errors.ts";
import { readNumberedJsonl } from "../../src/util/jsonl.ts";
import { readLines } from "../../src/util/lines.ts";
import { readPlainCollection } from "../plain-collection.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place, Split } from "../types.ts";

const Query = z.object({ _id: Id, text: z.string().min(1) });
const SPLITS: readonly Split[] = ["train", "dev", "test"];

interface Judgement {
  split: Split;
  passage: string;
  relevance: number;
  place: { file: string; line: number };
}

async function* read({ input, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const folder of input) {
    const judgements = await readJudgements(folder, { problem });
    const file = need(folder, "queries.jsonl");
    for await (const { record, line } of readNumberedJsonl(file, Query, { warn, problem })) {
      const { _id: id, text } = record;
      yield queryEvents({ id, text, asked: { file, line } }, judgements.get(id));
    }
    yield* readPlainCollection(need(folder, "corpus.jsonl"), { warn, problem });
  }
}

function* queryEvents(
  { id, text, asked }: { id: string; text: string; asked: Place },
  judged: Judgement[] | undefined,
): Generator<DatasetEvent> {
  if (judged === undefined) {
    yield { kind: "excluded", of: "turn", reason: "no qrels file names its query" };
    return;
  }
  const turn = { conversation: id, turn: 1, split: judged[0]!.split, history: [], question: text, responses: [], tags: {} };
  yield { kind: "turn", turn, place: asked };
  for (const { passage, relevance, place } of judged) yield { kind: "judgement", turn: `${id}_1`, passage, relevance, place };
}

/** By query. A query belongs to one split: its judgements in another are refused. */
async function readJudgements(folder: string, reading: ReadOptions): Promise<Map<string, Judgement[]>> {
  const byQuery = new Map<string, Judgement[]>();
  for (const split of SPLITS) {
    const file = join(folder, "qrels", `${split}.tsv`);
    if (!existsSync(file)) continue;
    for await (const { text, line } of readLines(file, reading)) {
      if (line === 1 && text.startsWith("query-id\t")) continue;
      const [query, passage, grade, ...more] = text.split("\t");
      const place = { file, line };
      if (!Id.safeParse(query).success || !Id.safeParse(passage).success || !/^-?\d{1,9}$/.test(grade ?? "") || more.length > 0) {
        refuse(new DataError(`Expected "query-id<TAB>corpus-id<TAB>score", found ${JSON.stringify(text.slice(0, 60))}.`, place), reading);
        continue;
      }
      const known = byQuery.get(query!) ?? [];
      const twin = known.find((judgement) => judgement.passage === passage);
      if (known.length > 0 && known[0]!.split !== split)
        refuse(
          new DataError(`The query "${query}" is judged in ${known[0]!.split}.tsv already: a query belongs to one split.`, place),
          reading,
        );
      else if (twin !== undefined)
        refuse(
          new DataError(
            `The passage "${passage}" is judged twice for the query "${query}", first at line ${twin.place.line}; keep one.`,
            place,
          ),
          reading,
        );
      else byQuery.set(query!, [...known, { split, passage: passage!, relevance: Number(grade), place }]);
    }
  }
  return byQuery;
}

function need(folder: string, name: string): string {
  const file = join(folder, name);
  if (!existsSync(file) && statSync(folder, { throwIfNoEntry: false })?.isFile())
    throw new DataError(`BEIR data is a folder that holds ${name}; this is a file. Give --input the folder.`, { file: folder });
  if (!existsSync(file)) throw new DataError(`A BEIR folder holds ${name}; this one does not.`, { file: folder });
  return file;
}

function files(folder: string): string[] {
  const qrels = join(folder, "qrels");
  const judged = existsSync(qrels) ? readdirSync(qrels).filter((name) => SPLITS.some((split) => name === `${split}.tsv`)) : [];
  return [need(folder, "queries.jsonl"), need(folder, "corpus.jsonl"), ...judged.sort().map((name) => join(qrels, name))];
}

const reader: DatasetReader = {
  summary: "a folder in BEIR's layout: corpus.jsonl, queries.jsonl, qrels/{train,dev,test}.tsv",
  options: [],
  sample: { input: ["sample"] },
  files,
  read,
};
export default reader;
