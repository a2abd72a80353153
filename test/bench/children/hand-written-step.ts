/** @file Child: timed LoRA steps of the exported hand-written graph, a step per line read, `node hand-written-step.js FOLDER THREADS`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { adamw } from "./adamw.ts";
import { serve } from "./serve.ts";

interface Manifest {
  feeds: { name: string; dtype: "float32" | "int64"; shape: number[]; offset: number; bytes: number }[];
  loss: string;
  gradients: { of: string; output: string }[];
}

const [folder = "", threads = "2"] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync(join(folder, "feeds.json"), "utf8")) as Manifest;
const bytes = readFileSync(join(folder, "feeds.bin"));
const slice = (at: number, length: number): ArrayBuffer => new Uint8Array(bytes.subarray(at, at + length)).buffer;
const feeds = Object.fromEntries(
  manifest.feeds.map(({ name, dtype, shape, offset, bytes: length }) => [
    name,
    dtype === "int64"
      ? new Tensor("int64", new BigInt64Array(slice(offset, length)), shape)
      : new Tensor("float32", new Float32Array(slice(offset, length)), shape),
  ]),
);

const session = await InferenceSession.create(join(folder, "model.onnx"), {
  executionProviders: ["cpu"],
  graphOptimizationLevel: "disabled",
  enableMemPattern: false,
  enableCpuMemArena: true,
  intraOpNumThreads: Number(threads),
  extra: { session: { disable_prepacking: "1", "intra_op.allow_spinning": "0", use_device_allocator_for_initializers: "1" } },
});

const update = adamw(manifest.gradients.map(({ of }) => feeds[of]!.data as Float32Array));
await serve(async () => {
  const results = await session.run(feeds);
  update(manifest.gradients.map(({ output }) => results[output]!.data as Float32Array));
  return { loss: Number(results[manifest.loss]!.data[0]) };
});
