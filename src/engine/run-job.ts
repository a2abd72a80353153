/**
 * @file Runs a job in a child process: `session.run` blocks its thread, and a native crash must not take the terminal with it.
 * The parent owns signals and progress; it asks the child to stop, and reports a child that died by a signal as such.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { Interrupted, IoError } from "../util/errors.ts";
import type { Reporter, StageContext } from "../util/reporter.ts";
import { compiled } from "./compiled.ts";
import type { FromChild, ToChild } from "./messages.ts";
import { deathOf, keep, letGo } from "./processes.ts";
import { fromWire, toWire } from "./wire-errors.ts";

export interface JobSpec<In> {
  /** A module that exports `run` (`RunJob`), as `new URL("./job.ts", import.meta.url)`. */
  module: URL;
  /** Structured-cloned: plain data and typed arrays. */
  input: In;
  context: StageContext;
  /** What the job does, for messages: "training". */
  name: string;
  onMetric?: (record: Record<string, unknown>) => void;
  /** Answers `job.ask`; the context's signal is aborted when the user stops the work, and when the child is gone. */
  onQuestion?: (question: unknown, context: StageContext) => Promise<unknown>;
  /** What remains when the child dies, such as the last good checkpoint; added to the message. */
  remains?: () => string | undefined;
}

type Answer = Extract<FromChild, { type: "result" | "error" }>;
type Question = Extract<FromChild, { type: "question" }>;

const TAIL = 4000;

export async function runJob<In, Out>(spec: JobSpec<In>): Promise<Out> {
  const { signal } = spec.context;
  if (signal.aborted) throw new Interrupted(`${spec.name} was stopped before it began.`);
  const module = compiled(spec.module).href;
  const child = fork(fileURLToPath(compiled(new URL("./child.ts", import.meta.url))), [], {
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  keep(child);
  const stop = (): void => tell(child, { type: "stop" });
  signal.addEventListener("abort", stop, { once: true });
  const stray = forwardStrayText(child, spec.context.reporter);
  const answers = answerQuestions(child, spec);
  try {
    return await new Promise<Out>((resolve, reject) => {
      let answer: Answer | undefined;
      child.on("message", (message: FromChild) => {
        if (message.type === "result" || message.type === "error") answer = message;
        else if (message.type === "question") answers.to(message);
        else relay(message, spec);
      });
      child.on("error", (error) => reject(new IoError(`cannot start the process for ${spec.name}: ${error.message}`, { cause: error })));
      // "close", not "exit": only then has every message been read.
      child.on("close", (code, killedBy) => {
        if (answer?.type === "result") resolve(answer.value as Out);
        else if (answer?.type === "error") reject(fromWire(answer.error));
        else reject(deathOf(spec, { code, signal: killedBy, tail: stray() }));
      });
      tell(child, { type: "start", module, input: spec.input });
    });
  } finally {
    await answers.end();
    signal.removeEventListener("abort", stop);
    letGo(child);
  }
}

function tell(child: ChildProcess, message: ToChild): void {
  // A child that is gone cannot be told; its "close" says why.
  if (child.connected) child.send(message, () => {});
}

/** `end` stops answers nobody waits for any more, and waits until they have let go of what they work on. */
function answerQuestions<In>(child: ChildProcess, { context, name, onQuestion }: JobSpec<In>) {
  const gone = new AbortController();
  const signal = AbortSignal.any([context.signal, gone.signal]);
  const pending = new Set<Promise<void>>();
  const answer = async ({ id, question }: Question): Promise<void> => {
    try {
      if (signal.aborted) throw new Interrupted(`${name} was stopped.`);
      if (onQuestion === undefined) throw new Error(`nobody answers the questions of ${name}`);
      tell(child, { type: "answer", id, value: await onQuestion(question, { ...context, signal }) });
    } catch (error) {
      tell(child, { type: "refusal", id, error: toWire(error) });
    }
  };
  return {
    to(question: Question): void {
      const one = answer(question).finally(() => pending.delete(one));
      pending.add(one);
    },
    async end(): Promise<void> {
      gone.abort();
      await Promise.all(pending);
    },
  };
}

function relay<In>(message: Exclude<FromChild, Answer | Question>, { context, onMetric }: JobSpec<In>): void {
  switch (message.type) {
    case "progress":
      return context.reporter.progress(message.progress);
    case "info":
      return context.reporter.info(message.message);
    case "warn":
      return context.reporter.warn(message.message);
    case "metric":
      return onMetric?.(message.record);
  }
}

/** Native libraries write where they like; the result on stdout stays clean. Returns the last of it. */
function forwardStrayText(child: ChildProcess, reporter: Reporter): () => string {
  let tail = "";
  const warn = (line: string): void => {
    const plain = stripVTControlCharacters(line).trim();
    if (plain !== "") reporter.warn(plain);
  };
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream?.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-TAIL);
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      lines.forEach(warn);
    });
    stream?.on("end", () => warn(rest));
  }
  return () => tail.trim();
}
