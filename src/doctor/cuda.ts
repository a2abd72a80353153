/** @file CUDA: driver, provider, the libraries it needs, and whether a session really opens. Nothing here is needed for the CPU. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { runJob } from "../engine/run-job.ts";
import { type RuntimeFiles, runtimeFiles } from "../onnx/runtime-files.ts";
import { silentReporter, type StageContext } from "../util/reporter.ts";
import type { Check } from "./check.ts";
import { cudaMajorFor, libraryFix, providerFix } from "./cuda-advice.ts";
import type { CudaTrial } from "./cuda-job.ts";
import { findLibrary, type LibrarySearch, nameAndMajor, needsOf, systemSearch } from "./libraries.ts";

/** The libraries of each CUDA that the provider is built for; cuDNN is opened when an operator asks for it, and none here does. */
const LIBRARIES = (major: number): string[] => [
  `libcudart.so.${major}`,
  `libcublas.so.${major}`,
  `libcublasLt.so.${major}`,
  // Its own count: 10 with CUDA 12 and 13 alike.
  "libcurand.so.10",
];
const OPTIONAL = "libcudnn.so.9";

export async function cudaChecks(context: StageContext): Promise<Check[]> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    const found = `onnxruntime-node offers CUDA on linux x64 only; this is ${process.platform} ${process.arch}`;
    return [{ id: "cuda.platform", name: "CUDA", status: "absent", found }];
  }
  const search = systemSearch();
  const driver = readDriver(search);
  const runtime = runtimeFiles();
  const checks = [driverCheck(driver), ...providerChecks(runtime, { search, driver: driver.version })];
  return runtime.hasCudaProvider ? [...checks, await trial(context)] : checks;
}

interface Driver {
  version: string | null;
  /** libcuda.so.1, the driver's library. */
  library: string | null;
  gpus: string[];
}

function readDriver(search: LibrarySearch): Driver {
  const file = "/proc/driver/nvidia/version";
  const smi = spawnSync("nvidia-smi", ["--query-gpu=name,memory.total,compute_cap,driver_version", "--format=csv,noheader"], {
    encoding: "utf8",
    timeout: 10_000,
  });
  const gpus = smi.status === 0 ? smi.stdout.trim().split("\n") : [];
  const version = (existsSync(file) ? driverVersion(readFileSync(file, "utf8")) : null) ?? gpus[0]?.split(", ").at(-1) ?? null;
  return { version, library: findLibrary("libcuda.so.1", search)?.path ?? null, gpus };
}

/** `NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  …`, with or without `Open` and `for x86_64`. */
export const driverVersion = (text: string): string | null => /Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s/.exec(text)?.[1] ?? null;

function driverCheck({ version, library, gpus }: Driver): Check {
  const about = { id: "cuda.driver", name: "driver", facts: { version, library, gpus } };
  if (version !== null && library !== null) return { ...about, status: "ok", found: [`${version}, ${library}`, ...gpus].join("; ") };
  if (version === null && library === null)
    return {
      ...about,
      status: "absent",
      found: "no NVIDIA driver: work goes to the CPU",
      fix: ["with a GPU: install its driver until nvidia-smi lists it; start containers with --gpus all"],
    };
  const found = version === null ? `${library}, but no loaded kernel module` : `${version}, but libcuda.so.1 is not found`;
  return {
    ...about,
    status: "absent",
    found,
    fix: ["in a container: start it with --gpus all (nvidia-container-toolkit); else install the driver anew and restart"],
  };
}

/** The provider's library and what it needs, or what a provider would need where there is none. */
export function providerChecks(
  runtime: Pick<RuntimeFiles, "package" | "version" | "bin" | "cudaProvider">,
  { search, driver }: { search: LibrarySearch; driver: string | null },
): Check[] {
  const needs = needsOf(runtime.cudaProvider, search);
  const about = { id: "cuda.provider", name: "CUDA provider" };
  if (needs === null) {
    const broken = existsSync(runtime.cudaProvider);
    const major = cudaMajorFor({ driver, resolves: (wanted) => LIBRARIES(wanted).every((name) => findLibrary(name, search)) });
    const found = broken
      ? `${runtime.cudaProvider} is no ELF library: an interrupted download?`
      : `not in ${runtime.bin}: the npm package comes without it`;
    return [
      { ...about, status: "absent", found, fix: providerFix(major, runtime), facts: { file: null } },
      ...libraryChecks(LIBRARIES(major), search),
    ];
  }
  const built = cudaOf(needs.libraries.map(({ name }) => name));
  const names = needs.libraries.map(({ name }) => name).filter((name) => /^lib(cu|nv)/.test(name) && name !== "libcuda.so.1");
  const found = `${runtime.cudaProvider}, built for CUDA ${built ?? "?"}`;
  const facts = { file: runtime.cudaProvider, cuda: built, needed: needs.libraries.map(({ name }) => name) };
  return [{ ...about, status: "ok", found, facts }, ...libraryChecks(names, search, needs.runpath)];
}

/** The major version of CUDA that a provider was built for, read off the libraries it names. */
export function cudaOf(needed: readonly string[]): number | null {
  const runtime = needed.map(nameAndMajor).find(({ name }) => name === "libcudart" || name === "libcublas");
  return runtime?.major ?? null;
}

function libraryChecks(names: readonly string[], search: LibrarySearch, runpath: readonly string[] = []): Check[] {
  const major = cudaOf(names) ?? 12;
  return [...new Set([...names, OPTIONAL])].map((name): Check => {
    const found = findLibrary(name, search, runpath);
    const about = {
      id: `cuda.library.${nameAndMajor(name).name}`,
      name: nameAndMajor(name).name,
      facts: { library: name, path: found?.path ?? null },
    };
    if (found) return { ...about, status: "ok", found: `${found.path} (${found.by})` };
    const optional = name === OPTIONAL;
    const text = `${name} is not found${optional ? "; it is optional, nothing here asks for it" : ""}`;
    return { ...about, status: "absent", found: text, ...(optional ? {} : { fix: libraryFix(name, major) }) };
  });
}

async function trial(context: StageContext): Promise<Check> {
  const about = { id: "cuda.session", name: "CUDA session" };
  // ONNX Runtime says on stderr which library is missing, and throws less.
  const said: string[] = [];
  const reporter = { ...silentReporter, warn: (line: string) => void said.push(line) };
  const module = new URL("./cuda-job.ts", import.meta.url);
  const tried = runJob<null, CudaTrial>({ module, input: null, context: { ...context, reporter }, name: "the CUDA trial" });
  const thrown = await tried.then(
    (result) => result.error,
    (failure: Error) => failure.message,
  );
  const error = thrown === null ? null : [thrown, ...said.map(reasonIn)].join("\n");
  return error === null
    ? { ...about, status: "ok", found: "a session opened on cuda:0 and computed" }
    : { ...about, status: "absent", found: error, fix: ["mend what is marked above, then run uniconv doctor again"], facts: { error } };
}

/** `2026-11-21 … [E:onnxruntime:…] …: Failed to load …: libcublasLt.so.12: cannot open …` without its stamps. */
export const reasonIn = (line: string): string =>
  line.replace(/^.*?\[[EFW]:onnxruntime:[^\]]*\]\s*/, "").replace(/^\S*Status CreateProvider\S*\s*/, "");
