/** @file Options of `uniconv train`. Marks as in the papers: L = L_R + L_G + α·L_CII (UniConv, Eq. 1). */
import { z } from "zod";
import { Objective } from "../records.ts";
import { SEQUENCE_SETTINGS_KEYS, type SequenceSettings } from "../settings.ts";
import { settingOverrides } from "./inference.ts";

const weight = z.number().min(0);
const count = z.int().min(1);
const data = { group: "data" };
const objective = { group: "objective" };
const optimisation = { group: "optimisation" };
const run = { group: "run" };
const evaluation = { group: "evaluation" };
/** A source of the mixture: how often it is drawn, and how many of its samples at most. */
export const MixEntry = z.strictObject({
  weight: z.number().positive().default(1).describe("Copies of the source per epoch; a fraction takes that share of it"),
  cap: count.optional().describe("Samples of the source at most, chosen by --seed"),
});

const objectives = z.array(Objective).min(1);

/** What a stage may have of its own; everything else holds for the whole run. */
export const OVERRIDABLE = [
  "objectives",
  "retrieval_weight",
  "gen_weight",
  "alpha",
  "gen_rag_weight",
  "mix",
  "learning_rate",
  "warmup_steps",
] as const;

/** A part of the run with losses, data or a learning rate of its own. */
export const StageEntry = z.strictObject({
  share: z.number().positive().default(1).describe("Its part of the run's updates, against the shares of the other stages"),
  objectives: objectives.optional(),
  retrieval_weight: weight.optional(),
  gen_weight: weight.optional(),
  alpha: weight.optional(),
  gen_rag_weight: weight.optional(),
  mix: z.record(z.string(), MixEntry).optional(),
  learning_rate: z.number().positive().optional().describe("Gives the stage a schedule of its own: warm-up, this peak, decay to its end"),
  warmup_steps: z.int().min(0).optional().describe("Of a schedule of its own; by default the run's"),
});

/** LoRA under the names of PEFT's LoraConfig. */
export interface LoraSettings {
  lora_r: number;
  lora_alpha: number;
  lora_dropout: number;
  use_rslora: boolean;
  target_modules: string[];
}

export const LORA_DEFAULTS: LoraSettings = {
  lora_r: 32,
  lora_alpha: 64,
  lora_dropout: 0,
  use_rslora: false,
  target_modules: ["q_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
};
export const LORA_KEYS = Object.keys(LORA_DEFAULTS) as (keyof LoraSettings)[];

export const TrainOptions = z.strictObject({
  input: z.array(z.string().min(1)).min(1).describe("Prepared folder with train.jsonl (repeatable)").meta(data),
  model: z.string().min(1).describe("Hugging Face checkpoint directory to start from").meta(data),
  mix: z.record(z.string(), MixEntry).default({}).describe("Per source of train.jsonl: { weight, cap } (config file only)").meta(data),
  limit: count.optional().describe("Use only the first N samples; the model is marked partial").meta(data),
  output: z.string().min(1).describe("The model folder to write").meta(run),

  objectives: objectives
    .default(["retrieval", "generation", "context-identification"])
    .describe("The losses to train with; those left out weigh nothing, whatever their weight (repeatable)")
    .meta(objective),
  retrieval_weight: weight.default(1).describe("Weight of L_R: conversation against passages").meta(objective),
  gen_weight: weight.default(1).describe("Weight of L_G: the response from the embedding alone, under the session mask").meta(objective),
  alpha: weight.default(0.5).describe("Weight of L_CII: conversation with passage against responses (α)").meta(objective),
  gen_rag_weight: weight
    .default(0)
    .describe("Weight of the response after the RAG prompt; models trained from scratch need it")
    .meta(objective),
  // Without defaults: what is not given is as --model was trained.
  ...settingOverrides(...SEQUENCE_SETTINGS_KEYS),
  session_mask: z.boolean().default(true).describe("Hide the session from the response in L_G").meta(objective),
  mask_compat: z
    .enum(["none", "chatretriever"])
    .default("none")
    .describe("For study: chatretriever lets the first response token see the session, and so leaks it to all of them")
    .meta(objective),
  responses: z
    .enum(["reference", "passage"])
    .default("reference")
    .describe("What the response r is: the dataset's own, or the positive passage where there is one")
    .meta(objective),
  label_smoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe("Share of L_G and L_RAG that asks for every token alike, as in transformers; the contrastive losses have none")
    .meta({ ...objective, alias: "label_smoothing_factor" }),
  gen_reduction: z
    .enum(["sample", "token"])
    .default("sample")
    .describe("Average L_G and L_RAG over responses, or over all response tokens of the pool")
    .meta(objective),
  hard_negatives: z.int().min(0).default(0).describe("Hard negatives drawn per sample, where it has them").meta(objective),
  cii_distractors: z
    .int()
    .min(0)
    .default(0)
    .describe("Earlier responses of its own conversation, drawn per sample as further candidates of L_CII")
    .meta(objective),
  cii_only_distinct: z
    .boolean()
    .default(false)
    .describe("L_CII leaves out samples whose response another one in the pool has too")
    .meta(objective),
  distractors: z.int().min(0).default(0).describe("Other samples' passages mixed into the RAG prompt").meta(objective),
  mask_duplicate_passages: z
    .boolean()
    .default(true)
    .describe("The same passage (id or text) elsewhere in the batch is no negative")
    .meta(objective),
  mask_duplicate_responses: z.boolean().default(true).describe("The same response elsewhere in the batch is no negative").meta(objective),

  tuning: z.enum(["lora", "full"]).default("lora").describe("Train adapters on frozen weights, or every weight").meta(optimisation),
  lora_r: count
    .optional()
    .describe(`Rank of the adapters (default: that of --init-adapter, else ${LORA_DEFAULTS.lora_r})`)
    .meta(optimisation),
  lora_alpha: z
    .number()
    .positive()
    .optional()
    .describe(`Adapters are scaled by lora_alpha / r (default: that of --init-adapter, else ${LORA_DEFAULTS.lora_alpha})`)
    .meta(optimisation),
  lora_dropout: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe(
      `Probability of a zero in an adapter's input, drawn anew for every module and pool (default: that of --init-adapter, else ${LORA_DEFAULTS.lora_dropout})`,
    )
    .meta(optimisation),
  use_rslora: z.boolean().optional().describe("Scale by lora_alpha / √r (default: as --init-adapter does, else off)").meta(optimisation),
  target_modules: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      `Linear layers that get an adapter (repeatable; default: those of --init-adapter, else ${LORA_DEFAULTS.target_modules.join(", ")})`,
    )
    .meta(optimisation),
  init_adapter: z
    .string()
    .min(1)
    .optional()
    .describe("PEFT adapter directory to go on from, made for --model, by uniconv or by Python's peft")
    .meta(optimisation),
  learning_rate: z.number().positive().default(1e-4).describe("Peak learning rate of AdamW").meta(optimisation),
  lr_scheduler_type: z.enum(["linear", "cosine", "constant"]).default("linear").describe("Decay after the warm-up").meta(optimisation),
  warmup_steps: z.int().min(0).default(50).describe("Steps of linear warm-up").meta(optimisation),
  adam_beta1: z.number().min(0).lt(1).default(0.9).describe("AdamW β₁").meta(optimisation),
  adam_beta2: z.number().min(0).lt(1).default(0.999).describe("AdamW β₂").meta(optimisation),
  adam_epsilon: z.number().positive().default(1e-8).describe("AdamW ε").meta(optimisation),
  weight_decay: weight.default(0).describe("Decoupled weight decay; norms and biases have none").meta(optimisation),
  max_grad_norm: weight.default(1).describe("Clip the global gradient norm; 0 does not clip").meta(optimisation),
  batch_size: count.default(32).describe("Samples per contrastive pool").meta(optimisation),
  chunk_size: count
    .optional()
    .describe(
      "Sequences encoded at once: a pool larger than memory is embedded in chunks, then gone through again with the gradient of its losses; the gradient is that of the whole pool. By default the pool is one chunk",
    )
    .meta(optimisation),
  group_by_length: z.boolean().default(false).describe("Pools of conversations of similar length: less padding").meta(optimisation),
  gradient_checkpointing: z
    .boolean()
    .default(false)
    .describe("Compute every layer again in the backward pass: a third more work, far less memory")
    .meta(optimisation),
  mixed_precision: z
    .enum(["no", "bf16", "fp16"])
    .default("no")
    .describe("Matrix products in half precision, everything else in float32; fp16 with dynamic loss scaling, bf16 on GPUs only")
    .meta(optimisation),
  gradient_accumulation_steps: count
    .default(1)
    .describe("Pools averaged per update")
    .meta({ ...optimisation, alias: "accumulation" }),
  epochs: z
    .number()
    .positive()
    .default(1)
    .describe("Passes over the mixture")
    .meta({ ...optimisation, alias: "num_train_epochs" }),
  stages: z
    .array(StageEntry)
    .default([])
    .describe("Parts of the run one after the other: { share, objectives, weights, mix, learning_rate } each (config file only)")
    .meta(optimisation),
  max_steps: count.optional().describe("Stop after N updates, whatever --epochs says").meta(optimisation),

  eval_input: z
    .array(z.string().min(1))
    .default([])
    .describe("Prepared folder to evaluate on while training: retrieval over all its passages (repeatable)")
    .meta(evaluation),
  eval_split: z
    .enum(["train", "dev", "test"])
    .optional()
    .describe("Which turns of --eval-input (default: dev if there is one, else test, else all)")
    .meta(evaluation),
  eval_steps: count.default(500).describe("Evaluate every N updates, and at the end").meta(evaluation),
  eval_generate: z.int().min(0).default(50).describe("Turns that are answered too, the first N of the split; 0 for none").meta(evaluation),
  eval_max_new_tokens: count.default(128).describe("Tokens of such an answer at most").meta(evaluation),
  eval_batch_size: count
    .optional()
    .describe("--batch-size of build-index, retrieve and generate in an evaluation (default: as theirs)")
    .meta({ ...evaluation, alias: "per_device_eval_batch_size" }),
  metric_for_best_model: z.string().min(1).default("nDCG@3").describe("Metric that says which update is the best").meta(evaluation),
  load_best_model_at_end: z.boolean().default(false).describe("Write the model of the best evaluation, not the last").meta(evaluation),
  early_stopping_patience: count
    .optional()
    .describe("Stop after N evaluations that were no better than the best; with --load-best-model-at-end")
    .meta(evaluation),

  seed: z.int().min(0).default(0).describe("Seed of every random draw").meta(run),
  device: z
    .string()
    .regex(/^(auto|cpu|cuda(:\d+)?)$/, "expected auto, cpu, cuda or cuda:N")
    .default("auto")
    .describe("auto, cpu, cuda or cuda:N")
    .meta(run),
  threads: count.max(1024).optional().describe("CPU threads; by default the cores this process really has").meta(run),
  pad_to_multiple_of: count.max(1024).default(8).describe("Batches are padded to a multiple of N tokens").meta(run),
  num_processes: count
    .max(1024)
    .default(1)
    .describe(
      "Processes that share the chunks of a pool, and the CPU threads; on CUDA each takes a GPU. Negatives and gradient are those of the whole pool. Without --chunk-size a pool is one chunk per process",
    )
    .meta(run),
  logging_steps: count.default(10).describe("Write a line of metrics.jsonl every N updates").meta(run),
  save_steps: count.default(500).describe("Write a checkpoint every N updates").meta(run),
  save_total_limit: count.default(2).describe("Checkpoints kept while training: the newest N").meta(run),
  resume: z.boolean().default(false).describe("Continue an interrupted run from its last checkpoint, bit by bit the same").meta(run),
  overwrite: z.boolean().default(false).describe("Replace an existing output").meta(run),
});
export type TrainOptions = z.infer<typeof TrainOptions>;

/** As the job gets them: the sequence and LoRA settings that were not given are those of the model or adapter, or the defaults. */
export type ResolvedTrainOptions = Omit<TrainOptions, keyof SequenceSettings | keyof LoraSettings> & SequenceSettings & LoraSettings;
