/** @file One session on a GPU, tried in a child: what a missing or broken library does to its process stays there. */
import { tryDevice } from "../onnx/device.ts";

export interface CudaTrial {
  /** What went wrong, in ONNX Runtime's own words; null where it ran. */
  error: string | null;
}

export async function run(): Promise<CudaTrial> {
  try {
    await tryDevice("cuda:0");
    return { error: null };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
