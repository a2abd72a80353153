/** @file What a training step is asked to compute: its losses, its passes, and how. */
import type { LoraSpec } from "../models/parameters.ts";
import type { FloatType } from "../onnx/ir.ts";
import type { SequenceSettings } from "../schema/settings.ts";

/** Which terms the step computes, and how. Weights of zero leave their passes out of the graph. */
export interface Objective {
  retrieval_weight: number;
  gen_weight: number;
  /** α of Eq. 1. */
  alpha: number;
  gen_rag_weight: number;
  temperature: number;
  normalize: boolean;
  /** What a text's embedding is read from; EMB by default. */
  pooling?: SequenceSettings["pooling"];
  session_mask: boolean;
  /** ε of the generation losses; by default 0. */
  label_smoothing?: number;
  /** `chatretriever` starts the session mask one row late. By default it starts where it should. */
  mask_compat?: "none" | "chatretriever";
}

export interface StepSpec {
  objective: Objective;
  max_positions: number;
  /** Blocks the cross-entropy rows of a pass come in; each holds one block's logits at a time. */
  row_blocks: number;
  /** Compute each layer again in backward instead of keeping its activations. */
  gradient_checkpointing?: boolean;
  /** The type of matrix products, float32 by default. With float16 the step has an input `loss_scale`, by which its gradients are multiplied. */
  products?: FloatType;
  /** Rows of a frozen head that are cast and multiplied at a time; by default 16 MB of them, 4096 at most. */
  head_rows?: number | null;
  /** Full fine-tuning, or LoRA on top of frozen weights. */
  lora: LoraSpec | null;
}

/** The sequences that get a pass of their own. e(Q) is read from G. */
export type PassName = "G" | "P" | "X" | "R";

export type LossName = "L_R" | "L_G" | "L_CII" | "L_RAG";
