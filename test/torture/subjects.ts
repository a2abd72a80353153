/** @file What is tortured: every stage, and for training a matrix of settings, on models that run in a second or two. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLI } from "./strike.ts";

export interface Settings {
  name: string;
  args: readonly string[];
}

const SMALL = `--lora-r 4 --lora-dropout 0.2 --batch-size 4 --max-steps 30 --epochs 9 --save-steps 3 --logging-steps 2 --warmup-steps 4
  --max-query-length 64 --max-passage-length 48 --max-response-length 16 --threads 1 --device cpu -q`;

/** Each at a checkpoint every third update, so that most kills fall between two, and across epochs. */
const TRAIN: Record<string, string> = {
  "full, accumulation": "--tuning full --accumulation 2 --gen-rag-weight 1",
  "lora, accumulation": "--tuning lora --accumulation 2 --gen-rag-weight 1",
  "lora, recomputation, rslora": "--tuning lora --gradient-checkpointing --use-rslora --alpha 1",
  "full, token mean, groups by length": "--tuning full --gen-reduction token --group-by-length --weight-decay 0.1",
  "full, distractors, duplicates kept": "--tuning full --gen-rag-weight 1 --distractors 2 --no-mask-duplicate-passages",
  "lora, checkpoint every update": "--tuning lora --save-steps 1 --logging-steps 1",
  "lora, cached representations": "--tuning lora --chunk-size 2 --accumulation 2 --batch-size 6",
  "full, cached representations, recomputation": "--tuning full --chunk-size 3 --gradient-checkpointing",
  "lora, stages, cached representations": "--tuning lora --chunk-size 2 --config {stages}",
  "lora, processes": "--tuning lora --num-processes 2 --chunk-size 1",
  "lora, float16": "--tuning lora --mixed-precision fp16 --max-steps 12",
  "full, stages": "--tuning full --config {stages}",
  "lora, evaluation": `--tuning lora --max-steps 6 --eval-input {prepared} --eval-steps 3 --eval-generate 3 --eval-max-new-tokens 6
    --load-best-model-at-end --early-stopping-patience 2 --learning-rate 0.01`,
};

const STAGES_YAML = `stages:
  - share: 1
    objectives: [retrieval]
    learning_rate: 0.001
    warmup_steps: 2
  - share: 2
    objectives: [generation, context-identification]
`;

export interface World {
  settings(stage: string): Settings[];
}

export const STAGES = ["train", "build-index", "prepare-data", "generate", "retrieve"] as const;

/** Data, a model and an index to work on, in `folder`. */
export function makeWorld(folder: string): World {
  const at = (name: string) => join(folder, name);
  const uniconv = (command: string) => {
    const { status, stderr } = spawnSync(process.execPath, [CLI, ...words(command)], { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`uniconv ${command}: ${stderr}`);
  };
  uniconv("prepare-data --dataset quickstart --output prepared --limit 60 -q");
  uniconv(
    "init-model --input prepared --output base --vocab-size 400 --hidden-size 32 --num-hidden-layers 2 --num-attention-heads 2 --intermediate-size 48 -q",
  );
  uniconv("build-index --input prepared --model base --output index --threads 1 --device cpu -q");
  writeFileSync(at("stages.yaml"), STAGES_YAML);
  const made = `--input ${at("prepared")} --model ${at("base")} --threads 1 --device cpu -q`;
  const table: Record<(typeof STAGES)[number], Record<string, string>> = {
    train: Object.fromEntries(
      Object.entries(TRAIN).map(([name, flags]) => [name, `--input ${at("prepared")} --model ${at("base")} ${SMALL} ${flags}`]),
    ),
    "build-index": {
      flat: `${made} --batch-size 4`,
      bm25: `--input ${at("prepared")} --backend bm25 -q`,
    },
    "prepare-data": {
      quickstart: "--dataset quickstart --seed 3 -q",
      "inverse-cloze": `--dataset inverse-cloze --input ${at("prepared")} -q`,
    },
    generate: { "gold passages": `${made} --max-new-tokens 24 --batch-size 4` },
    retrieve: { flat: `${made} --index ${at("index")} --batch-size 2` },
  };
  return {
    settings: (stage) =>
      Object.entries(table[stage as (typeof STAGES)[number]]).map(([name, text]) => ({
        name,
        // Split first: a folder may have a space in its name.
        args: [
          stage,
          ...words(text.replaceAll(folder, "{folder}")).map((word) =>
            word.replace("{stages}", at("stages.yaml")).replace("{prepared}", at("prepared")).replace("{folder}", folder),
          ),
        ],
      })),
  };
}

/** Later flags count: a setting may overrule what it is added to. */
const words = (text: string): string[] => text.trim().split(/\s+/);
