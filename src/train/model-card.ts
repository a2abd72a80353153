/** @file README.md of a trained model: what it is, what it learned from, with which settings. */
import { join } from "node:path";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { writeFileAtomic } from "../util/files.ts";
import type { EvaluationLine } from "./metrics-log.ts";
import { objectiveOf } from "./objective.ts";
import type { Stage } from "./stages.ts";

/** What `responses: passage` makes of a run, for the manifest and the card. */
export const PASSAGES_AS_RESPONSES =
  'r+ := p+, the positive passage where there is one: a proxy for the paper\'s "w/o DDM" (the same samples), not that ablation';

export interface CardFacts {
  options: ResolvedTrainOptions;
  stages: readonly Stage[];
  model_type: string;
  /** Trained parameters. */
  parameters: number;
  updates: number;
  /** Samples per epoch by source. */
  samples: Readonly<Record<string, number>>;
  /** Of the last update. */
  losses: Readonly<Record<string, number>>;
  /** On the dev set, in order. */
  evaluations: readonly EvaluationLine[];
  /** Whose parameters these are, where it is not the last update. */
  best?: { update: number; metric: string; value: number };
}

/** Equal work gives an equal card: no date, no path outside the options. */
export function writeModelCard(dir: string, facts: CardFacts): void {
  const { options } = facts;
  const rows = (entries: readonly (readonly [string, string | number])[]) =>
    entries.map(([name, value]) => `| ${name} | ${value} |`).join("\n");
  const objectives = facts.stages.map(({ number, first, end, options: own }) => {
    const place = facts.stages.length > 1 ? `, stage ${number} (updates ${first + 1} to ${end})` : "";
    return [`objective${place}`, weightsOf(own)] as const;
  });
  const tuning =
    options.tuning === "full"
      ? "every weight"
      : `LoRA, r ${options.lora_r}, lora_alpha ${options.lora_alpha}${options.use_rslora ? " (rslora)" : ""}, dropout ${options.lora_dropout}, on ${options.target_modules.join(", ")}`;
  const embedding = options.pooling === "emb" ? `${options.emb_tokens} EMB tokens` : `pooling ${options.pooling} of the bare text`;
  writeFileAtomic(
    join(dir, "README.md"),
    `---
library_name: ${options.tuning === "full" ? "transformers" : "peft"}
tags: [uniconv, conversational-search]
---

# A model that retrieves and answers in conversations

Trained by uniconv (\`uniconv train\`). Every option is in \`manifest.json\`, the sequence settings that inference needs in \`uniconv.json\`, the losses over time in \`metrics.jsonl\`.

| | |
|---|---|
${rows([
  ["family", facts.model_type],
  ["started from", options.init_adapter === undefined ? options.model : `${options.model} with the adapter ${options.init_adapter}`],
  ["data", options.input.join(", ")],
  ["trained", `${tuning}: ${facts.parameters} parameters`],
  ...objectives,
  ...(options.responses === "passage" ? [["responses", PASSAGES_AS_RESPONSES] as const] : []),
  ["updates", `${facts.updates}, each of ${options.batch_size * options.gradient_accumulation_steps} samples`],
  ["learning rate", `${options.learning_rate}, ${options.lr_scheduler_type}, ${options.warmup_steps} warm-up steps`],
  ["temperature", options.temperature],
  [
    "sequences",
    `conversation ${options.max_query_length}, passage ${options.max_passage_length}, response ${options.max_response_length} tokens at most; ${embedding}, ${options.history_order}`,
  ],
  ["seed", options.seed],
])}

Samples per epoch: ${Object.entries(facts.samples)
      .map(([source, count]) => `${source} ${count}`)
      .join(", ")}.

Losses of the last update: ${Object.entries(facts.losses)
      .map(([name, value]) => `${name} ${value.toFixed(4)}`)
      .join(", ")}.
${evaluationSection(facts)}`,
  );
}

/** Scores as in tables, times 100. */
function evaluationSection({ evaluations, best, updates, options }: CardFacts): string {
  if (evaluations.length === 0) return "";
  const metrics = [...new Set(evaluations.flatMap(({ scores }) => Object.keys(scores)))];
  const row = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const exported = best?.update ?? updates;
  const lines = evaluations.map(({ update, scores }) =>
    row([
      update === exported ? `**${update}**` : update,
      ...metrics.map((name) => (name in scores ? (100 * scores[name]!).toFixed(2) : "")),
    ]),
  );
  const why = best ? `the best ${best.metric}` : "the last";
  const sample = options.eval_generate > 0 ? ` Answers are those of the first ${options.eval_generate} turns.` : "";
  return `
## Evaluation while training

On ${options.eval_input.join(", ")}${options.eval_split ? `, split ${options.eval_split}` : ""}, retrieval over all its passages.${sample} These are the weights of update ${exported}, ${why}.

${row(["update", ...metrics])}
|${"---|".repeat(metrics.length + 1)}
${lines.join("\n")}
`;
}

function weightsOf(options: ResolvedTrainOptions): string {
  const { retrieval_weight, gen_weight, alpha, gen_rag_weight } = objectiveOf(options);
  return `L = ${retrieval_weight}·L_R + ${gen_weight}·L_G + ${alpha}·L_CII + ${gen_rag_weight}·L_RAG`;
}
