/** @file Which device a run takes. */
import { UnavailableError, UsageError } from "../util/errors.ts";
import { GraphBuilder } from "./builder.ts";
import { runtimeFiles } from "./runtime-files.ts";
import { Session, type SessionOptions } from "./session.ts";

export type Device = SessionOptions["device"];

/** `auto` tries CUDA and takes the CPU where that fails; anything else is taken or refused. */
export async function openDevice(requested: string): Promise<{ device: Device; reason: string }> {
  if (requested === "cpu") return { device: "cpu", reason: "as asked" };
  // ONNX Runtime shouts on stderr where the provider's library is missing, and the npm package comes without it.
  if (requested === "auto" && !runtimeFiles().hasCudaProvider) return { device: "cpu", reason: "no CUDA provider installed" };
  const device = (requested === "auto" || requested === "cuda" ? "cuda:0" : requested) as Device;
  if (!/^cuda:\d+$/.test(device)) throw new UsageError(`--device ${requested}: expected auto, cpu, cuda or cuda:N`);
  try {
    await tryDevice(device);
    return { device, reason: requested === "auto" ? "CUDA answered" : "as asked" };
  } catch (error) {
    if (requested === "auto") return { device: "cpu", reason: "no usable CUDA" };
    throw new UnavailableError(
      `--device ${requested}: ${(error as Error).message}\nRun uniconv doctor: it shows the driver, the provider and the libraries that are missing, each with the command that brings it.`,
      { cause: error },
    );
  }
}

/** Opens a session of one node there and runs it. Throws what ONNX Runtime says. */
export async function tryDevice(device: Device): Promise<void> {
  const graph = new GraphBuilder();
  graph.output("y", graph.op("Neg", [graph.input("x", "float32", [1])]));
  const session = await Session.create(graph, { device, threads: 1, optimize: false });
  await session.run({ x: { data: Float32Array.of(1), shape: [1] } });
  await session.release();
}
