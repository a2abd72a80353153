/**
 * @file A thread that hashes and writes files, so that the one that makes their lines waits for neither. Every write is checked; a failure
 * is thrown by the next call, at the latest by `close`.
 */
// oxlint-disable require-post-message-target-origin -- these ports are threads, not windows
import { MessageChannel, type MessagePort, Worker, receiveMessageOnPort } from "node:worker_threads";
import { ioError } from "./io-errors.ts";
import type { Sink } from "./jsonl-writer.ts";

/** Both threads see the same blocks, used in turn: nothing is handed over, and memory stays bounded when the disk is the slower. */
const BLOCKS = 16;
const BLOCK = 1 << 20;
const [WAITING, FAILED] = [0, 1] as const;

/** Source text, because it has to run beside uncompiled sources as well. */
const PROGRAM = `
  const { createHash } = require("node:crypto");
  const { closeSync, fsyncSync, openSync, writeSync } = require("node:fs");
  const { workerData: { state, blocks, port } } = require("node:worker_threads");
  const files = new Map();
  function act({ path, begin, end, close }) {
    if (!files.has(path)) files.set(path, { fd: openSync(path, "w"), hash: createHash("sha256"), bytes: 0 });
    const file = files.get(path);
    if (begin !== undefined) {
      const block = blocks.subarray(begin, end);
      for (let done = 0; done < block.length;) done += writeSync(file.fd, block, done);
      file.hash.update(block);
      file.bytes += block.length;
    }
    if (close) {
      fsyncSync(file.fd);
      closeSync(file.fd);
      port.postMessage({ sha256: file.hash.digest("hex"), bytes: file.bytes });
    }
  }
  port.on("message", (message) => {
    try {
      if (Atomics.load(state, ${FAILED}) === 0) act(message);
    } catch ({ message: text, code, syscall }) {
      Atomics.store(state, ${FAILED}, 1);
      port.postMessage({ error: { text, code, syscall }, path: message.path });
    }
    if (message.begin === undefined) return;
    Atomics.sub(state, ${WAITING}, 1);
    Atomics.notify(state, ${WAITING});
  });
`;

interface Answer {
  sha256: string;
  bytes: number;
  error?: { text: string; code: string; syscall: string };
  path?: string;
}

export class WriteThread {
  readonly #state = new Int32Array(new SharedArrayBuffer(8));
  readonly #blocks = new Uint8Array(new SharedArrayBuffer(BLOCKS * BLOCK));
  #next = 0;
  readonly #port: MessagePort;
  readonly #worker: Worker;
  #lastClose: Promise<unknown> = Promise.resolve();

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(PROGRAM, {
      eval: true,
      execArgv: [],
      workerData: { state: this.#state, blocks: this.#blocks, port: port2 },
      transferList: [port2],
    });
    // A stage that throws must not be kept alive by it.
    this.#worker.unref();
    this.#port.unref();
  }

  /** The file is created with the first block, or when it is closed. */
  file(path: string): Sink {
    return {
      write: (bytes) => this.#write(path, bytes),
      close: () => this.#close(path),
    };
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #write(path: string, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; from += BLOCK) this.#send(path, bytes.subarray(from, from + BLOCK));
  }

  #send(path: string, piece: Uint8Array): void {
    this.#check();
    for (let waiting = Atomics.load(this.#state, WAITING); waiting >= BLOCKS; waiting = Atomics.load(this.#state, WAITING)) {
      Atomics.wait(this.#state, WAITING, waiting);
    }
    const begin = this.#next * BLOCK;
    this.#next = (this.#next + 1) % BLOCKS;
    this.#blocks.set(piece, begin);
    Atomics.add(this.#state, WAITING, 1);
    this.#port.postMessage({ path, begin, end: begin + piece.length });
  }

  /** One after the other: an answer names no file. */
  #close(path: string): Promise<{ sha256: string; bytes: number }> {
    const answer = this.#lastClose.then(() => this.#ask(path));
    this.#lastClose = answer.catch(() => undefined);
    return answer;
  }

  async #ask(path: string): Promise<{ sha256: string; bytes: number }> {
    this.#check();
    this.#port.ref();
    const answer = await new Promise<Answer>((resolve) => {
      this.#port.once("message", resolve);
      this.#port.postMessage({ path, close: true });
    });
    this.#port.unref();
    refuse(answer);
    return { sha256: answer.sha256, bytes: answer.bytes };
  }

  #check(): void {
    if (Atomics.load(this.#state, FAILED) === 0) return;
    // The flag is set before the answer is sent.
    for (;;) {
      const answer = receiveMessageOnPort(this.#port);
      if (answer !== undefined) refuse(answer.message as Answer);
    }
  }
}

function refuse({ error, path }: Answer): void {
  if (error === undefined) return;
  const { text, code, syscall } = error;
  throw ioError(Object.assign(new Error(text), { code, syscall }), path!, "write");
}
