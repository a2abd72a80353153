/** @file Runs chunks in several processes: the same gradients, summed in the order of the processes. */
import { startWorker, type Worker } from "../engine/worker.ts";
import type { BackwardChunk, ChunkExecutor } from "./chunk-executor.ts";
import type { ChunkWorkerInput } from "./chunk-worker.ts";
import type { Chunk } from "./chunks.ts";
import { GradientSum } from "./gradient-sum.ts";
import type { SessionOptions } from "../onnx/session.ts";

export interface ProcessChunksOptions {
  /** What every process opens. */
  input: Omit<ChunkWorkerInput, "session">;
  /** The session options of each process. */
  sessions: readonly SessionOptions[];
  parameters: ReadonlyMap<string, Float32Array>;
  info: (message: string) => void;
  /** What remains when a process dies. */
  remains: () => string;
}

export class ProcessChunks implements ChunkExecutor {
  readonly #workers: readonly Worker[];
  readonly #parameters: ReadonlyMap<string, Float32Array>;

  private constructor(workers: readonly Worker[], parameters: ReadonlyMap<string, Float32Array>) {
    this.#workers = workers;
    this.#parameters = parameters;
  }

  static async open({ input, sessions, parameters, info, remains }: ProcessChunksOptions): Promise<ProcessChunks> {
    const workers = await Promise.all(
      sessions.map((session, at) => {
        const name = `train (process ${at + 1} of ${sessions.length})`;
        return startWorker<ChunkWorkerInput>({
          module: new URL("./chunk-worker.ts", import.meta.url),
          input: { ...input, session },
          name,
          remedy: "Use a smaller --chunk-size, or fewer --num-processes.",
          remains,
        });
      }),
    );
    for (const [at, { device, threads }] of sessions.entries())
      info(
        `process ${at + 1} of ${sessions.length}: pid ${workers[at]!.pid}, ${device}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
      );
    const opened = new ProcessChunks(workers, parameters);
    await opened.changed();
    return opened;
  }

  encode(chunks: readonly Chunk[]): Promise<Float32Array[]> {
    return this.#deal("encode", chunks);
  }

  backward(chunks: readonly BackwardChunk[]): Promise<number[]> {
    return this.#deal("backward", chunks);
  }

  /** Tensor by tensor: no message is longer than the largest of them. */
  async take(): Promise<Map<string, Float32Array>> {
    const names = await Promise.all(this.#workers.map((worker) => worker.call<string[]>("take")));
    const sum = new GradientSum();
    for (const name of new Set(names.flat())) {
      const having = this.#workers.filter((_, at) => names[at]!.includes(name));
      for (const part of await Promise.all(having.map((worker) => worker.call<Float32Array>("gradient", name)))) sum.add(name, part);
    }
    return sum.take();
  }

  async changed(): Promise<void> {
    for (const [name, data] of this.#parameters) await Promise.all(this.#workers.map((worker) => worker.call("parameter", { name, data })));
  }

  async release(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end()));
  }

  /** One call per process; the answers stand in the order of the chunks. */
  async #deal<Out>(method: string, chunks: readonly Chunk[]): Promise<Out[]> {
    const hands = dealt(chunks, this.#workers.length);
    const answers: Out[] = [];
    await Promise.all(
      hands.map(async (places, at) => {
        if (places.length === 0) return;
        const own = places.map((place) => chunks[place]!);
        const found = await this.#workers[at]!.call<Out[]>(method, own);
        places.forEach((place, index) => (answers[place] = found[index]!));
      }),
    );
    return answers;
  }
}

/** The places of the chunks of each process: the largest first, each to the process that has the least. */
export function dealt(chunks: readonly Chunk[], processes: number): number[][] {
  const sizes = chunks.map(({ sequences }) => sequences.length * Math.max(...sequences.map(({ ids }) => ids.length)));
  const order = chunks.map((_, place) => place).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  const hands = Array.from({ length: processes }, () => ({ places: [] as number[], tokens: 0 }));
  for (const place of order) {
    const least = hands.reduce((best, hand) => (hand.tokens < best.tokens ? hand : best));
    least.places.push(place);
    least.tokens += sizes[place]!;
  }
  return hands.map(({ places }) => places);
}
