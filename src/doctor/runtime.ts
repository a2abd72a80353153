/** @file The packages that do the work: ONNX Runtime, the tokenizers, the optional index; and whether the CPU really computes. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { runJob } from "../engine/run-job.ts";
import { runtimeFiles } from "../onnx/runtime-files.ts";
import type { StageContext } from "../util/reporter.ts";
import type { Check } from "./check.ts";
import type { CpuTrial } from "./cpu-job.ts";

export async function runtimeChecks(context: StageContext): Promise<Check[]> {
  return [
    onnxruntime(),
    packageCheck("@huggingface/tokenizers", { id: "runtime.tokenizers", name: "tokenizers" }),
    await cpu(context),
    hnswlib(),
  ];
}

function onnxruntime(): Check {
  const about = { id: "runtime.onnxruntime", name: "onnxruntime-node" };
  try {
    const { version, bin, hasCudaProvider } = runtimeFiles();
    if (existsSync(join(bin, "onnxruntime_binding.node"))) {
      const providers = ["cpu", ...(hasCudaProvider ? ["cuda"] : [])];
      return {
        ...about,
        status: "ok",
        found: `${version}; providers here: ${providers.join(", ")}`,
        facts: { version, providers, folder: bin },
      };
    }
    const found = `${version}, which has no binding for ${process.platform} ${process.arch}`;
    return { ...about, status: "broken", found, fix: ["use linux x64 or arm64, macOS arm64, or Windows x64 or arm64"] };
  } catch (error) {
    return { ...about, status: "broken", found: `not installed: ${(error as Error).message}`, fix: ["npm install"] };
  }
}

/** In a child: a binding that does not fit its machine ends the process that loads it. */
async function cpu(context: StageContext): Promise<Check> {
  const about = { id: "runtime.cpu", name: "training on the CPU" };
  try {
    const trial = await runJob<null, CpuTrial>({
      module: new URL("./cpu-job.ts", import.meta.url),
      input: null,
      context,
      name: "the trial",
    });
    const { bundled, gflops, threads, size, runs, largest_error } = trial;
    const speed = `${gflops.toFixed(0)} GFLOP/s (rough: ${runs} runs of a ${size} × ${size} product and its gradients, ${threads} threads); bundled providers: ${bundled.join(", ")}`;
    if (largest_error <= 1e-4) return { ...about, status: "ok", found: speed, facts: { ...trial } };
    const found = `gradients are wrong by ${largest_error}: the libraries compute something else here`;
    return { ...about, status: "broken", found, fix: ["npm rebuild onnxruntime-node"], facts: { ...trial } };
  } catch (error) {
    return { ...about, status: "broken", found: (error as Error).message, fix: ["npm rebuild onnxruntime-node"] };
  }
}

function packageCheck(name: string, about: Pick<Check, "id" | "name">): Check {
  const version = installedVersion(name);
  return version === null
    ? { ...about, status: "broken", found: "not installed", fix: ["npm install"] }
    : { ...about, status: "ok", found: `${name} ${version}`, facts: { version } };
}

function hnswlib(): Check {
  const about = { id: "runtime.hnswlib", name: "hnswlib-node" };
  const version = installedVersion("hnswlib-node");
  return version === null
    ? { ...about, status: "absent", found: "not installed; it is optional", fix: ["npm install hnswlib-node"] }
    : { ...about, status: "ok", found: `${version} (optional)`, facts: { version } };
}

/** Read off package.json: many packages do not export it. */
function installedVersion(name: string): string | null {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const file = folders.map((folder) => join(folder, name, "package.json")).find((path) => existsSync(path));
  return file === undefined ? null : (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
