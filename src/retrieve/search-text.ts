/** @file Turns against an index of words. */
import type { TextBackend } from "../indexing/types.ts";
import type { Artifact } from "../util/artifact.ts";
import { Interrupted } from "../util/errors.ts";
import { readTurns, type TurnSelection } from "../util/prepared.ts";
import type { StageContext } from "../util/reporter.ts";
import type { RunWriter } from "../util/run-file.ts";
import { type QueryMode, queryText } from "./queries.ts";

export interface SearchJob {
  index: Artifact;
  turns: TurnSelection;
  query: QueryMode;
  k: number;
  threads: number;
  writer: RunWriter;
  context: StageContext;
}

/** Returns counts for the manifest. */
export async function searchText(
  backend: TextBackend,
  { index, turns, query, k, writer, context }: SearchJob,
): Promise<Record<string, unknown>> {
  const opened = await backend.open(index);
  let done = 0;
  let empty = 0;
  for await (const turn of readTurns(turns)) {
    if (context.signal.aborted) throw new Interrupted("stopped while searching; run it again with --resume");
    const [ranking = []] = await opened.search([queryText(turn, query)], k);
    if (ranking.length === 0) empty++;
    writer.write(turn.id, ranking);
    context.reporter.progress({ label: "searching", done: ++done, total: turns.ids.length, unit: "turns" });
  }
  await opened.close();
  if (empty > 0) context.reporter.warn(`${empty} of ${done} turns share no word with any passage: their rankings are empty`);
  return { passages: opened.size, empty_rankings: empty };
}
