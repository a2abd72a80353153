/** @file Which device a run takes. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { UnavailableError, UsageError } from "../util/errors.ts";
import { GraphBuilder } from "./builder.ts";
import { Session, type SessionOptions } from "./session.ts";

export type Device = SessionOptions["device"];

/** `auto` tries CUDA and takes the CPU where that fails; anything else is taken or refused. */
export async function openDevice(requested: string): Promise<{ device: Device; reason: string }> {
  if (requested === "cpu") return { device: "cpu", reason: "as asked" };
  if (requested === "auto" && !hasProvider()) return { device: "cpu", reason: "no CUDA provider installed" };
  const device = (requested === "auto" || requested === "cuda" ? "cuda:0" : requested) as Device;
  if (!/^cuda:\d+$/.test(device)) throw new UsageError(`--device ${requested}: expected auto, cpu, cuda or cuda:N`);
  try {
    await tryOut(device);
    return { device, reason: requested === "auto" ? "CUDA answered" : "as asked" };
  } catch (error) {
    if (requested === "auto") return { device: "cpu", reason: "no usable CUDA" };
    throw new UnavailableError(
      `--device ${requested}: ${(error as Error).message}\nThe npm package carries no CUDA provider: install it with ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node, with CUDA 12's libcudart and libcublas on LD_LIBRARY_PATH.`,
      { cause: error },
    );
  }
}

/** ONNX Runtime shouts on stderr where the provider's library is missing, and the npm package comes without it. */
function hasProvider(): boolean {
  const bin = join(dirname(createRequire(import.meta.url).resolve("onnxruntime-node")), "../bin/napi-v6", process.platform, process.arch);
  return existsSync(join(bin, "libonnxruntime_providers_cuda.so"));
}

async function tryOut(device: Device): Promise<void> {
  const graph = new GraphBuilder();
  graph.output("y", graph.op("Neg", [graph.input("x", "float32", [1])]));
  const session = await Session.create(graph, { device, threads: 1, optimize: false });
  await session.run({ x: { data: Float32Array.of(1), shape: [1] } });
  await session.release();
}
