/** @file Which lengths are held against the context: those of the losses that have a weight. */
import { expect, it } from "vitest";
import { contextLength } from "../../src/models/context.ts";
import { readRope } from "../../src/models/layers/rope-scaling.ts";
import { TrainOptions } from "../../src/schema/options/train.ts";
import { SequenceSettings } from "../../src/schema/settings.ts";
import { checkContext } from "../../src/train/check-context.ts";
import { freshLora } from "../../src/train/init-adapter.ts";
import { UsageError } from "../../src/util/errors.ts";

const optionsOf = (given: object) => {
  const parsed = TrainOptions.parse({ input: ["prepared"], model: "base", output: "model", ...given });
  const lengths = { max_query_length: 100, max_passage_length: 30, max_response_length: 20 };
  return { ...parsed, ...SequenceSettings.parse(lengths), ...freshLora(parsed) };
};

it.each([
  [{ objectives: ["retrieval"] }, 100],
  [{ objectives: ["retrieval", "generation"] }, 120],
  [{ objectives: ["context-identification"] }, 130],
  [{}, 130],
  [{ gen_rag_weight: 1 }, 150],
])("%j needs %i positions: one fewer is refused", (given, needed) => {
  expect(() => checkContext([optionsOf(given)], needed)).not.toThrow();
  expect(() => checkContext([optionsOf(given)], needed - 1)).toThrow(UsageError);
  expect(() => checkContext([optionsOf({ objectives: ["retrieval"] }), optionsOf(given)], needed - 1)).toThrow(
    `more than the model's context of ${needed - 1}`,
  );
});

it("the context is max_position_embeddings, stretched by linear and yarn scaling and left alone by llama3's", () => {
  const of = (rope_scaling: object | null, max_position_embeddings = 1024) =>
    contextLength({ max_position_embeddings, rope: readRope({ rope_scaling, max_position_embeddings }) });
  expect(of(null)).toBe(1024);
  expect(of({ rope_type: "linear", factor: 4 })).toBe(4096);
  expect(of({ rope_type: "yarn", factor: 4 })).toBe(4096);
  expect(of({ rope_type: "yarn", factor: 4, original_max_position_embeddings: 1024 }, 4096)).toBe(4096);
  expect(of({ rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 128 })).toBe(1024);
});
