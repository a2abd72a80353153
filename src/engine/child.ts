/** @file Entry of the engine's process: loads one job module, runs it, answers, leaves. */
import type { FromChild, Job, RunJob, ToChild } from "./messages.ts";
import { toWire } from "./wire-errors.ts";

const PROGRESS_EVERY_MS = 50;

let stopping = false;
const stop = (): void => {
  stopping = true;
};

// A terminal sends SIGINT to both processes; the parent decides.
process.on("SIGINT", () => {});
process.on("SIGTERM", stop);
// The parent is gone, however it went.
process.on("disconnect", () => process.exit(1));
process.on("uncaughtException", (error) => answer({ type: "error", error: toWire(error) }));
process.on("message", (message: ToChild) => {
  if (message.type === "stop") stop();
  else void work(message.module, message.input);
});

async function work(module: string, input: unknown): Promise<void> {
  try {
    const { run } = (await import(module)) as { run: RunJob<unknown, unknown> };
    answer({ type: "result", value: await run(input, job) });
  } catch (error) {
    answer({ type: "error", error: toWire(error) });
  }
}

/** A parent that dies inside a long step is noticed before anything of the step is written: its output may be resumed by then. */
const parent = process.ppid;
const leaveIfAlone = (): void => {
  if (process.ppid !== parent) process.exit(1);
};

let last = { at: -Infinity, label: "" };
const job: Job = {
  report(progress) {
    leaveIfAlone();
    const now = performance.now();
    const due = now - last.at >= PROGRESS_EVERY_MS || progress.label !== last.label || progress.done === progress.total;
    if (!due) return;
    last = { at: now, label: progress.label };
    send({ type: "progress", progress });
  },
  info: (message) => send({ type: "info", message }),
  warn: (message) => send({ type: "warn", message }),
  metric: (record) => send({ type: "metric", record }),
  get stopping() {
    leaveIfAlone();
    return stopping;
  },
};

function send(message: FromChild): void {
  if (process.connected) process.send!(message);
}

/** The callback comes when the message is with the operating system; nothing native is awaited after it. */
function answer(message: FromChild): void {
  if (process.connected) process.send!(message, undefined, undefined, () => process.exit(0));
}
