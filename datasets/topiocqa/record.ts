/** @file A TopiOCQA record as the releases write it. */
import { z } from "zod";

const AdditionalAnswer = z.object({ Answer: z.string() });

export const TopiocqaRecord = z.object({
  Context: z.array(z.string()),
  Conversation_no: z.int().min(0),
  Turn_no: z.int().min(1),
  Question: z.string().min(1),
  Answer: z.string(),
  Topic: z.string(),
  Topic_section: z.string(),
  // The final release: the words of the passage that the answer rests on.
  Rationale: z.string().optional(),
  // The final release; its Hugging Face copy turns the list of objects into an object of lists.
  Additional_answers: z.union([z.array(AdditionalAnswer), z.object({ Answer: z.array(z.string()) })]).optional(),
  Gold_passage: z.object({ id: z.string().min(1), title: z.string(), text: z.string() }).optional(),
  // The first release's text under the final numbering.
  Gold_passage_id: z.string().min(1).optional(),
});

export type TopiocqaRecord = z.infer<typeof TopiocqaRecord>;

/** Nearly every record is plainly well formed; the schema is for the others, to say what is wrong with them. */
export function isPlainRecord(value: unknown): value is TopiocqaRecord {
  const record = value as Record<keyof TopiocqaRecord, unknown>;
  return (
    typeof value === "object" &&
    value !== null &&
    Array.isArray(record.Context) &&
    record.Context.every((text) => typeof text === "string") &&
    Number.isInteger(record.Conversation_no) &&
    (record.Conversation_no as number) >= 0 &&
    Number.isInteger(record.Turn_no) &&
    (record.Turn_no as number) >= 1 &&
    typeof record.Question === "string" &&
    record.Question !== "" &&
    typeof record.Answer === "string" &&
    typeof record.Topic === "string" &&
    typeof record.Topic_section === "string" &&
    record.Rationale === undefined &&
    record.Additional_answers === undefined &&
    record.Gold_passage === undefined &&
    record.Gold_passage_id === undefined
  );
}

export function additionalAnswers(record: TopiocqaRecord): string[] {
  const more = record.Additional_answers;
  if (more === undefined) return [];
  return Array.isArray(more) ? more.map((item) => item.Answer) : more.Answer;
}

/** "wiki:14979882" in the conversations is "14979882" in the collection and the qrels. */
export function collectionId(id: string): string {
  return id.startsWith("wiki:") ? id.slice("wiki:".length) : id;
}
