/** @file Texts → vectors in shards, encoded beside the command line. */
import { runJob } from "../engine/run-job.ts";
import type { StageContext } from "../util/reporter.ts";
import { availableThreads } from "../util/threads.ts";
import type { EncodeInput, EncodeResult } from "./encode-job.ts";

export type { EncodeResult } from "./encode-job.ts";

/** Encodes into `dir`, keeping the shards an interrupted run left there. Resumed or not, the bytes are the same. */
export function encodeTexts(
  input: Omit<EncodeInput, "threads"> & { threads: number | undefined },
  context: StageContext,
): Promise<EncodeResult> {
  return runJob({
    module: new URL("./encode-job.ts", import.meta.url),
    input: { ...input, threads: input.threads ?? availableThreads() },
    context,
    name: "encoding",
  });
}
