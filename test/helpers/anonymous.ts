/** @file The largest anonymous memory of a program and of the processes it starts, looked at every few milliseconds. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const EVERY_MS = 4;

/** Bytes of the one process that held most (Linux only). Throws where the program fails. */
export function peakAnonymous(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    let [peak, stderr] = [0, ""];
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const look = (pid: number): void => {
      peak = Math.max(peak, anonymousBytes(pid));
      for (const inner of read(`/proc/${pid}/task/${pid}/children`).split(" ")) if (inner !== "") look(Number(inner));
    };
    const timer = setInterval(() => look(child.pid!), EVERY_MS);
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(timer);
      if (code === 0) resolve(peak);
      else reject(new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stderr.slice(-2000)}`));
    });
  });
}

function anonymousBytes(pid: number): number {
  return 1024 * Number(/^RssAnon:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    // the process is gone
    return "";
  }
}
