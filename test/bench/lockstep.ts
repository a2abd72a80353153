/** @file Several measuring children alive at once, asked in turn: what slows the machine for a while slows all of them. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { median } from "./bench.ts";
import type { Measured } from "./children/serve.ts";

export interface Command {
  program: string;
  args: readonly string[];
}

export const nodeChild = (name: string, ...args: string[]): Command => ({
  program: process.execPath,
  args: [fileURLToPath(new URL(`./children/${name}.js`, import.meta.url)), ...args],
});

/** One unit of work from each child to warm up, then `rounds` from each in turn. The warm-up's results are `first`. */
export async function lockstep<Name extends string, Result extends Measured>(
  rounds: number,
  commands: Readonly<Record<Name, Command>>,
): Promise<Record<Name, { first: Result; results: Result[] }>> {
  const children = Object.entries<Command>(commands).map(([name, command]) => ({ name, child: new Child<Result>(command) }));
  const all: Record<string, { first: Result; results: Result[] }> = {};
  try {
    for (const { name, child } of children) all[name] = { first: await child.ask(), results: [] };
    for (let round = 0; round < rounds; round++) for (const { name, child } of children) all[name]!.results.push(await child.ask());
  } finally {
    for (const { child } of children) child.end();
  }
  return all;
}

/** Median over the rounds of b's time by a's: above 1, a is the faster. */
export function speedup(a: readonly Measured[], b: readonly Measured[], what: "seconds" | "cpuSeconds" = "seconds"): number {
  return median(a.map((result, round) => b[round]![what] / result[what]));
}

class Child<Result> {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #command: Command;
  #errors = "";

  constructor(command: Command) {
    this.#command = command;
    this.#process = spawn(command.program, command.args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => (this.#errors = (this.#errors + text).slice(-4000)));
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async ask(): Promise<Result> {
    this.#process.stdin.write("\n");
    const line = await this.#lines.next();
    if (line.done) throw new Error(`${this.#command.program} ${this.#command.args.join(" ")} ended early:\n${this.#errors}`);
    return JSON.parse(line.value) as Result;
  }

  end(): void {
    this.#process.stdin.end();
  }
}
