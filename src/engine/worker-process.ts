/** @file Entry of a worker's process: opens one module and answers calls until the job is gone. */
import { toWire } from "./wire-errors.ts";
import type { CallWorker, FromWorker, OpenWorker, Serve } from "./worker-messages.ts";

// A terminal or a service manager signals the whole group; the job decides, and its workers go with it.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("disconnect", () => process.exit(1));

let served: Awaited<ReturnType<Serve<unknown>>> = {};

process.on("message", (message: OpenWorker | CallWorker) => void answer(message));

async function answer(message: OpenWorker | CallWorker): Promise<void> {
  const { id } = message;
  try {
    send({ id, value: message.type === "open" ? await open(message) : await call(message) });
  } catch (error) {
    send({ id, error: toWire(error) });
  }
}

async function open({ module, input }: OpenWorker): Promise<void> {
  const { serve } = (await import(module)) as { serve: Serve<unknown> };
  served = await serve(input);
}

function call({ method, argument }: CallWorker): unknown {
  const found = served[method];
  if (!found) throw new Error(`the worker has no ${method}`);
  return found(argument as never);
}

function send(message: FromWorker): void {
  if (process.connected) process.send!(message);
}
