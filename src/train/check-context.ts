/** @file Sequences that could be longer than the model's context, refused before any work starts. */
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { UsageError } from "../util/errors.ts";
import { objectiveOf } from "./objective.ts";

const FLAGS = {
  max_query_length: "--max-query-length",
  max_passage_length: "--max-passage-length",
  max_response_length: "--max-response-length",
};
type Limit = keyof typeof FLAGS;

/** Throws `UsageError` naming the limits that add up to more than `context` tokens; `stages` are the options of each stage. */
export function checkContext(stages: readonly ResolvedTrainOptions[], context: number): void {
  for (const options of stages) {
    for (const [what, limits] of sequencesOf(options)) {
      const length = limits.reduce((sum, limit) => sum + options[limit], 0);
      if (length <= context) continue;
      const shown = limits.map((limit) => `${FLAGS[limit]} ${options[limit]}`).join(" + ");
      throw new UsageError(
        `${shown} allow ${what} of ${length} tokens, more than the model's context of ${context} (max_position_embeddings and rope scaling of config.json): lower ${limits.length > 1 ? "one of them" : "it"}`,
      );
    }
  }
}

/** The longest sequences that the losses with a weight make. */
function sequencesOf(options: ResolvedTrainOptions): [string, Limit[]][] {
  const { retrieval_weight, gen_weight, alpha, gen_rag_weight } = objectiveOf(options);
  const query: [string, Limit[]] = ["conversations", ["max_query_length"]];
  const list: [boolean, [string, Limit[]]][] = [
    [retrieval_weight > 0, query],
    [retrieval_weight > 0, ["passages", ["max_passage_length"]]],
    [gen_weight > 0, ["conversations with their response", ["max_query_length", "max_response_length"]]],
    [alpha > 0, ["prompts with their passage", ["max_query_length", "max_passage_length"]]],
    [alpha > 0, ["responses", ["max_response_length"]]],
    [gen_rag_weight > 0, ["prompts with their passage and response", ["max_query_length", "max_passage_length", "max_response_length"]]],
  ];
  return list.flatMap(([asked, sequence]) => (asked ? [sequence] : []));
}
