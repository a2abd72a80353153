/** @file The lead baseline: the first words of the top passage, as if they were the answer. */
import type { RunTable } from "../../util/run-table.ts";
import { type Prepared, readPassageTexts } from "../inputs/prepared.ts";

export const LEAD_WORDS = 30;

/** Undefined when there are no texts of passages. Turns whose top passage it lacks have no answer. */
export async function leadAnswers(
  run: RunTable,
  { prepared, files }: { prepared: Prepared; files: Set<string> },
): Promise<Map<string, string> | undefined> {
  const tops = new Map<string, string>();
  for (const turn of prepared.references.keys()) {
    const [top] = run.passages(turn, 1);
    if (top !== undefined) tops.set(turn, top.id);
  }
  const texts = await readPassageTexts(prepared, { ids: new Set(tops.values()), files });
  if (texts === undefined) return undefined;
  const answers = new Map<string, string>();
  for (const [turn, id] of tops) {
    const text = texts.get(id);
    if (text !== undefined) answers.set(turn, text.split(/\s+/).filter(Boolean).slice(0, LEAD_WORDS).join(" "));
  }
  return answers;
}
