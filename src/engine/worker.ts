/** @file A worker: a process of a job that keeps sessions open and answers calls, until the job ends it or ends itself. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { IoError } from "../util/errors.ts";
import { compiled } from "./compiled.ts";
import { type Deceased, deathOf, keep, letGo } from "./processes.ts";
import { fromWire } from "./wire-errors.ts";
import type { CallWorker, FromWorker, OpenWorker } from "./worker-messages.ts";

export interface WorkerSpec<In> extends Deceased {
  /** A module that exports `serve` (`Serve`), as `new URL("./chunk-worker.ts", import.meta.url)`. */
  module: URL;
  /** Structured-cloned: plain data and typed arrays. */
  input: In;
}

export interface Worker {
  readonly pid: number;
  /** Rejects with the worker's error, or with how its process ended. */
  call<Out>(method: string, argument?: unknown): Promise<Out>;
  /** Ends the process. */
  end(): Promise<void>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Resolves when the worker's module has opened. What it prints goes where this process prints. */
export async function startWorker<In>(spec: WorkerSpec<In>): Promise<Worker> {
  const child = fork(fileURLToPath(compiled(new URL("./worker-process.ts", import.meta.url))), [], {
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  keep(child);
  const waiting = new Map<number, Waiting>();
  let count = 0;
  let death: Error | null = null;
  const fail = (error: Error): void => {
    death ??= error;
    waiting.forEach(({ reject }) => reject(death!));
    waiting.clear();
    letGo(child);
  };
  child.on("message", (message: FromWorker) => {
    const one = waiting.get(message.id);
    waiting.delete(message.id);
    if ("error" in message) one?.reject(fromWire(message.error));
    else one?.resolve(message.value);
  });
  child.on("error", (error) => fail(new IoError(`cannot start the process for ${spec.name}: ${error.message}`, { cause: error })));
  const closed = new Promise<void>((resolve) => {
    child.on("close", (code, signal) => {
      fail(deathOf(spec, { code, signal }));
      resolve();
    });
  });
  const ask = (message: Omit<OpenWorker, "id"> | Omit<CallWorker, "id">): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (death) return reject(death);
      const id = count++;
      waiting.set(id, { resolve, reject });
      // A worker that is gone cannot be told; its "close" says why.
      child.send({ ...message, id }, () => {});
    });
  await ask({ type: "open", module: compiled(spec.module).href, input: spec.input });
  return {
    pid: child.pid!,
    call: <Out>(method: string, argument?: unknown) => ask({ type: "call", method, argument }) as Promise<Out>,
    end: async () => {
      child.kill("SIGKILL");
      await closed;
    },
  };
}
