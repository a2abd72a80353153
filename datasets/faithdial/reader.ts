/** @file FaithDial (Dziri et al., TACL 2022): Wizard of Wikipedia dialogues, edited so that every answer rests on its knowledge sentence. */
import { basename } from "node:path";
import { z } from "zod";
import { readJsonArray } from "../../src/util/json-stream.ts";
import { pairUp } from "../history.ts";
import { checkRecord, eventsOfEach } from "../record.ts";
import { expectShape } from "../shape.ts";
import { type TsvRow, readQuotedRows } from "../tsv.ts";
import type { DatasetEvent, DatasetInput, DatasetReader, Place } from "../types.ts";
import { readAnswer } from "./audit.ts";

const Labels = z.array(z.string()).nullish();
const Utterance = z.object({
  history: z.array(z.string()).min(1),
  speaker: z.string().optional(),
  knowledge: z.string().min(1),
  response: z.string().min(1),
  BEGIN: Labels,
  VRM: Labels,
});
const Dialogue = z.object({ utterances: z.array(Utterance) });
/** The hub's copy: a row per answer of the wizard. */
const Row = Utterance.extend({ dialog_idx: z.int().min(0) });

async function* read({ input, warn, problem }: DatasetInput): AsyncGenerator<Iterable<DatasetEvent>> {
  for (const file of input) {
    if (/\.csv(\.gz)?$/.test(file)) {
      const name = stem(file);
      // The header is a row too.
      let index = -1;
      for await (const rows of readQuotedRows(file, ","))
        yield eventsOfEach(rows, (row) => auditEvents(row, { file, conversation: `${name}-${index++}` }), { problem });
      continue;
    }
    await expectShape({ file, first: "[", files: "FaithDial files", of: "dialogues" });
    const name = stem(file);
    const answers = new Map<number, number>();
    for await (const { value, index, line } of readJsonArray(file, { warn })) {
      const place = { file, line };
      yield rowEvents(value, place, (row) => {
        const dialogue = "dialog_idx" in row ? (row.dialog_idx as number) : index;
        const turn = (answers.get(dialogue) ?? 0) + 1;
        answers.set(dialogue, turn);
        return turnEvent(row, { conversation: `${name}-${dialogue}`, turn, place });
      });
    }
  }
}

function* rowEvents(value: unknown, place: Place, eventOf: (row: z.infer<typeof Utterance>) => DatasetEvent): Generator<DatasetEvent> {
  const isRow = typeof value === "object" && value !== null && "dialog_idx" in value;
  const rows = isRow
    ? [checkRecord(Row, value, "a FaithDial row", place)]
    : checkRecord(Dialogue, value, "a FaithDial dialogue", place).utterances;
  for (const row of rows) yield eventOf(row);
}

function* auditEvents({ fields, line }: TsvRow, { file, conversation }: { file: string; conversation: string }): Generator<DatasetEvent> {
  const place = { file, line };
  const answer = readAnswer(fields, place);
  if (answer !== undefined) yield turnEvent(answer, { conversation, turn: 1, place });
}

/** What a dialogue is called by: it has no id of its own. */
const stem = (file: string): string => basename(file).replace(/\..*$/, "");

function turnEvent(
  { history: said, knowledge, response, BEGIN, VRM }: z.infer<typeof Utterance>,
  { conversation, turn, place }: { conversation: string; turn: number; place: Place },
): DatasetEvent {
  // Where the wizard spoke first, nothing was asked before.
  const context = said.length % 2 === 1 ? said.slice(0, -1) : ["", ...said.slice(0, -1)];
  const tags = { ...labels("begin", BEGIN), ...labels("vrm", VRM) };
  // There is no collection: the knowledge sentence is evidence to measure answers by, and the passage to train with.
  const passage = { id: `${conversation}_${turn}:knowledge`, title: "", text: knowledge };
  return {
    kind: "turn",
    turn: {
      conversation,
      turn,
      history: pairUp(context),
      question: said.at(-1)!,
      responses: [{ text: response, evidence: [passage.id] }],
      evidence: [knowledge],
      tags,
      training: { positive: "gold", objectives: ["retrieval", "generation", "context-identification"], positives: [passage] },
    },
    place,
  };
}

/** Annotators wrote "Hallucination" and "hallucination". */
const labels = (name: string, given: readonly string[] | null | undefined): Record<string, string> =>
  given ? { [name]: [...new Set(given.map((label) => label.trim().toLowerCase()))].sort().join("+") } : {};

const reader: DatasetReader = {
  summary: "FaithDial {train,valid,test}.json; each turn's knowledge sentence is the evidence of its answer",
  options: [],
  sample: { input: ["sample/test.json"] },
  read,
};
export default reader;
