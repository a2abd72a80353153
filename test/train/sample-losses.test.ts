/** @file Losses that no sample feeds are said aloud. */
import { expect, it } from "vitest";
import type { TrainSample } from "../../src/schema/records.ts";
import { idleLosses } from "../../src/train/sample-losses.ts";

const span: TrainSample = {
  id: "1",
  source: "inverse-cloze",
  positive: "inverse-cloze",
  objectives: ["retrieval"],
  history: [],
  question: "a span of words",
  positives: [{ id: "p", title: "", text: "a span of words" }],
  negatives: [],
  responses: [],
};
const answer: TrainSample = { ...span, objectives: ["generation"], positives: [], responses: [{ text: "yes", evidence: [] }] };
const objective = {
  retrieval_weight: 1,
  gen_weight: 1,
  alpha: 0.5,
  gen_rag_weight: 0,
  temperature: 1,
  normalize: true,
  session_mask: true,
};

it("a loss with a weight and no sample is named with its weight; one without a weight is not", () => {
  expect(idleLosses([span], objective)).toEqual([
    "no sample feeds L_G, whose weight gen_weight is 1",
    "no sample feeds L_CII, whose weight alpha is 0.5",
  ]);
  expect(idleLosses([span, answer], { ...objective, alpha: 0 })).toEqual([]);
  // The RAG prompt needs a passage, which the sample with an answer lacks.
  expect(idleLosses([span, answer], { ...objective, gen_rag_weight: 1 })).toHaveLength(2);
});

it("a run whose losses are all without samples is refused", () => {
  expect(() => idleLosses([span], { ...objective, retrieval_weight: 0, alpha: 0 })).toThrow(
    "there is nothing to learn: no sample feeds L_G, whose weight gen_weight is 1",
  );
});
