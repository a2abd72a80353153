/** @file One zod schema for every JSONL record that passes between the stages. */
import { z } from "zod";

/** Ids are opaque: any non-empty string without control characters (they travel in tab-separated files). */
// oxlint-disable-next-line no-control-regex -- the control characters are what is refused
export const Id = z
  .string()
  .min(1)
  .regex(/^[^\u0000-\u001f\u007f]+$/, "an id may hold no control characters, tabs or line breaks");

/** A past (question, response) pair. */
export const Exchange = z.strictObject({ question: z.string(), response: z.string() });

export const Passage = z.strictObject({ id: Id, title: z.string(), text: z.string() });

/** turns.jsonl: a turn with the history it sees. */
export const Turn = z.strictObject({
  /** `<conversation>_<turn>`. */
  id: Id,
  conversation: Id,
  /** 1-based position in the conversation. */
  turn: z.int().min(1),
  split: z.enum(["train", "dev", "test"]),
  history: z.array(Exchange),
  question: z.string().min(1),
  /** Reference answers; empty when the release has none. */
  responses: z.array(z.string()),
  /** Texts the answer has to rest on, where the dataset names them: FaithDial's knowledge, TopiOCQA's rationale. */
  evidence: z.array(z.string().min(1)).min(1).optional(),
  /** Dataset facts used by analyses: topic shift, response type, source. */
  tags: z.record(z.string(), z.string()),
});

/** A reference response and the ids of the passages it rests on. */
export const TrainResponse = z.strictObject({ text: z.string(), evidence: z.array(Id) });

export const Objective = z.enum(["retrieval", "generation", "context-identification"]);

/** train.jsonl: a conversational query with its positives (every gold of the turn), references and hard negatives. */
export const TrainSample = z.strictObject({
  id: Id,
  /** The name of the source in the mixture (objective: data mixture). */
  source: z.string().min(1),
  /** What the positive is: a judged passage, a stand-in built from the answer, the response itself, or a span's own passage. */
  positive: z.enum(["gold", "pseudo", "response", "inverse-cloze", "none"]),
  /** The losses this sample feeds. */
  objectives: z.array(Objective).min(1),
  history: z.array(Exchange),
  question: z.string().min(1),
  positives: z.array(Passage),
  negatives: z.array(Passage),
  responses: z.array(TrainResponse),
});

/** run.jsonl: the ranking of a turn, best first, in trec_eval's order (score descending, then id descending by bytes). */
export const RunLine = z.strictObject({
  turn: Id,
  passages: z.array(z.strictObject({ id: Id, score: z.number() })).superRefine((passages, context) => {
    const first = new Map<string, number>();
    for (const [at, { id }] of passages.entries()) {
      const earlier = first.get(id);
      if (earlier === undefined) first.set(id, at);
      else
        context.addIssue({
          code: "custom",
          path: [at, "id"],
          message: `${JSON.stringify(id)} is listed twice (first as passages.${earlier}); a run names a passage once per turn`,
        });
    }
  }),
});

/** responses.jsonl */
export const ResponseLine = z.strictObject({
  turn: Id,
  response: z.string(),
  mode: z.enum(["zero-shot", "zero-shot-emb", "rag", "gold", "lead"]),
  /** The passages in the prompt, in prompt order. */
  passages: z.array(Id),
  prompt_tokens: z.int().min(0),
  new_tokens: z.int().min(0),
  finish: z.enum(["eos", "length"]),
});

/** What evaluation needs of an answer, whoever gave it: the turn and the response. */
export const AnswerLine = ResponseLine.partial({ mode: true, passages: true, prompt_tokens: true, new_tokens: true, finish: true }).extend({
  /** The ids of the passages cited, where a system names them apart; else the markers in the response count: [1] is the first of `passages`. */
  citations: z.array(Id).optional(),
});

/** scores.jsonl: a line per system, turn and metric; the score is 0-1. */
export const ScoreLine = z.strictObject({ system: z.string().min(1), turn: Id, metric: z.string(), score: z.number() });

export type Exchange = z.infer<typeof Exchange>;
export type Passage = z.infer<typeof Passage>;
export type Turn = z.infer<typeof Turn>;
export type TrainResponse = z.infer<typeof TrainResponse>;
export type TrainSample = z.infer<typeof TrainSample>;
export type Objective = z.infer<typeof Objective>;
export type RunLine = z.infer<typeof RunLine>;
export type ResponseLine = z.infer<typeof ResponseLine>;
export type AnswerLine = z.infer<typeof AnswerLine>;
export type ScoreLine = z.infer<typeof ScoreLine>;
