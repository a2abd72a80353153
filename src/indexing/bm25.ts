/** @file The lexical baseline: BM25 over an inverted index, scored with Lucene's formula. */
import { join } from "node:path";
import { Bm25Options } from "../schema/backends.ts";
import type { Passage } from "../schema/records.ts";
import { DataError, Interrupted } from "../util/errors.ts";
import { readJson, writeFileDurable } from "../util/files.ts";
import { stringify } from "../util/json.ts";
import { explain } from "../util/jsonl.ts";
import { Analyzer } from "./bm25/analyzer.ts";
import { InvertedIndexBuilder } from "./bm25/builder.ts";
import { Bm25Scorer } from "./bm25/inverted-index.ts";
import { quantise } from "./bm25/lengths.ts";
import { readIndex, writeIndex } from "./bm25/storage.ts";
import type { TextBackend } from "./types.ts";

const PARAMETERS = "bm25.json";

export const backend: TextBackend<Bm25Options> = {
  accepts: "text",
  about: "words, stemmed and weighted by BM25; needs no model",
  options: Bm25Options,

  async build({ passages, dir, options, context }) {
    const analyzer = new Analyzer(options);
    const builder = new InvertedIndexBuilder();
    let rows = 0;
    let empty = 0;
    for await (const passage of passages) {
      if (context.signal.aborted) throw new Interrupted("stopped while indexing; nothing was kept");
      const terms = analyzer.terms(indexedText(passage));
      if (terms.length === 0) empty++;
      builder.add(passage.id, terms);
      if (++rows % 1000 === 0) context.reporter.progress({ label: "indexing", done: rows, unit: "passages" });
    }
    if (rows === 0) throw new DataError("there are no passages to index");
    const index = builder.finish();
    await writeIndex(dir, index);
    writeFileDurable(join(dir, PARAMETERS), `${stringify(options)}\n`);
    return { passages: rows, passages_without_terms: empty, terms: index.terms.size, postings: index.passages.length };
  },

  async open(artifact) {
    const path = artifact.path(PARAMETERS);
    const options = Bm25Options.safeParse(readJson(path));
    if (!options.success) throw new DataError(explain(options.error.issues), { file: path });
    const analyzer = new Analyzer(options.data);
    const index = readIndex(artifact);
    const scorer = new Bm25Scorer(index, options.data, options.data.lengths === "lucene" ? quantise : (length) => length);
    return {
      size: index.ids.length,
      search: async (queries, k) => queries.map((query) => scorer.search(analyzer.terms(query), k)),
      close: async () => {},
    };
  },
};

/** Titles join their parts by " [SEP] ", which is no word of theirs. */
function indexedText({ title, text }: Passage): string {
  return `${title.replaceAll("[SEP]", " ")} ${text}`;
}
