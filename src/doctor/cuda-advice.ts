/** @file The commands that bring CUDA: providers by version, and the libraries each needs. */
import { join } from "node:path";
import type { RuntimeFiles } from "../onnx/runtime-files.ts";
import { nameAndMajor } from "./libraries.ts";

/** The oldest driver that runs CUDA 13; older ones run CUDA 12 (from 525 on). */
const DRIVER_FOR_13 = 580;

/** Which CUDA to aim at: the one whose libraries are here already, else 12, which npm's own installer knows. */
export function cudaMajorFor({ driver, resolves }: { driver: string | null; resolves: (major: number) => boolean }): 12 | 13 {
  if (resolves(12)) return 12;
  const allows13 = driver === null || Number.parseInt(driver, 10) >= DRIVER_FOR_13;
  return allows13 && resolves(13) ? 13 : 12;
}

/** The provider lies beside the binding. For CUDA 13 it comes, with the library it belongs to, out of Python's wheel of the same version. */
export function providerFix(
  major: 12 | 13,
  { package: folder, version, bin }: Pick<RuntimeFiles, "package" | "version" | "bin">,
): string[] {
  if (major === 12) {
    return [
      `ONNXRUNTIME_NODE_INSTALL=cuda12 node ${join(folder, "script/install.js")}`,
      `without network: unzip -j -o Microsoft.ML.OnnxRuntime.Gpu.Linux.${version}.nupkg 'runtimes/linux-x64/native/libonnxruntime_providers_*.so' -d ${bin}`,
    ];
  }
  return [
    `pip download --no-deps --only-binary :all: onnxruntime-gpu==${version}`,
    `unzip -j -o onnxruntime_gpu-${version}-*.whl 'onnxruntime/capi/libonnxruntime*' -d ${bin}`,
    `mv ${join(bin, `libonnxruntime.so.${version}`)} ${join(bin, "libonnxruntime.so.1")}`,
  ];
}

/** Python's wheels carry the libraries; system packages do as well. */
export function libraryFix(library: string, major: number): string[] {
  const { name } = nameAndMajor(library);
  const [wheel, folder] = WHEELS[name] ?? [null, null];
  if (wheel === null) return [`install the CUDA ${major} toolkit, which holds ${library}`];
  // From 13 on the wheels share one folder, and their names carry no number.
  const [distribution, lib] = major >= 13 ? [`nvidia-${wheel}`, `cu${major}`] : [`nvidia-${wheel}-cu${major}`, folder];
  return [`pip install --target ~/cuda ${distribution}`, `export LD_LIBRARY_PATH=~/cuda/nvidia/${lib}/lib:$LD_LIBRARY_PATH`];
}

/** library → its wheel's name and folder */
const WHEELS: Readonly<Record<string, readonly [string, string]>> = {
  libcudart: ["cuda-runtime", "cuda_runtime"],
  libcublas: ["cublas", "cublas"],
  libcublasLt: ["cublas", "cublas"],
  libcurand: ["curand", "curand"],
};
