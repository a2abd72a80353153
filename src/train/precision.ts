/** @file Mixed precision (arXiv 1710.03740): the type of matrix products, and on which devices it can be had. */
import type { Device } from "../onnx/device.ts";
import type { FloatType } from "../onnx/ir.ts";
import type { ResolvedTrainOptions } from "../schema/options/train.ts";
import { UsageError } from "../util/errors.ts";

export type MixedPrecision = ResolvedTrainOptions["mixed_precision"];

const PRODUCTS: Readonly<Record<MixedPrecision, FloatType>> = { no: "float32", bf16: "bfloat16", fp16: "float16" };

export const productsOf = (precision: MixedPrecision): FloatType => PRODUCTS[precision];

/** Refuses what ONNX Runtime has no kernels for; gives a warning where the device only imitates the type. */
export function checkPrecision(precision: MixedPrecision, device: Device): string | null {
  if (device !== "cpu" || precision === "no") return null;
  if (precision === "bf16")
    throw new UsageError(
      "--mixed-precision bf16 needs --device cuda: on the CPU ONNX Runtime computes no bfloat16. Give --mixed-precision no, or fp16, for which the CPU takes float32",
    );
  return "--mixed-precision fp16 on the CPU: ONNX Runtime computes most of it in float32 there, so it is slower than no mixed precision and rounds less than a GPU would; good for a trial, no more";
}
