/** @file Where ONNX Runtime's libraries lie in the npm package. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface RuntimeFiles {
  /** The package's folder, and the version its package.json states. */
  package: string;
  version: string;
  /** The folder of the binding for this platform; providers are loaded from here. */
  bin: string;
  /** The CUDA provider's library, whether it exists or not. */
  cudaProvider: string;
  hasCudaProvider: boolean;
}

export function runtimeFiles(): RuntimeFiles {
  const folder = join(dirname(createRequire(import.meta.url).resolve("onnxruntime-node")), "..");
  const bin = join(folder, "bin/napi-v6", process.platform, process.arch);
  const cudaProvider = join(bin, "libonnxruntime_providers_cuda.so");
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  return { package: folder, version, bin, cudaProvider, hasCudaProvider: existsSync(cudaProvider) };
}
