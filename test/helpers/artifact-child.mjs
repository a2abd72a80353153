/**
 * @file A process that writes an artifact and is killed, or denied a file operation, on the way.
 * node artifact-child.mjs MODULE, and on standard input a list of { spec, rows, pace?, fault?: { kind: "kill" | "fail" | "full", at } };
 * a line of JSON comes back for each.
 */
import fs, { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const module = process.argv[2];
const jobs = JSON.parse(readFileSync(0, "utf8"));
let operations = 0;
let fault;

for (const name of ["openSync", "writeSync", "fsyncSync", "renameSync", "mkdirSync", "rmSync", "writeFileSync"]) {
  const original = fs[name];
  fs[name] = (...args) => {
    if (String(args[0]).startsWith("/proc/")) return original(...args);
    operations++;
    if (fault?.kind === "kill" && operations === fault.at) process.kill(process.pid, "SIGKILL");
    if ((fault?.kind === "fail" && operations === fault.at) || (fault?.kind === "full" && operations >= fault.at && name !== "rmSync")) {
      throw Object.assign(new Error(`ENOSPC: no space left on device, ${name}`), { code: "ENOSPC", syscall: name });
    }
    return original(...args);
  };
}
syncBuiltinESMExports();

const { writeArtifact } = await import(join(module, "artifact.js"));
const { JsonlWriter } = await import(join(module, "jsonl.js"));

for (const job of jobs) {
  operations = 0;
  fault = job.fault;
  const outcome = await run(job).catch((error) => ({ error: error.name, exitCode: error.exitCode ?? 70, message: error.message }));
  fault = undefined;
  process.stdout.write(`${JSON.stringify({ ...outcome, operations })}\n`);
}

async function run({ spec, rows, pace = 0 }) {
  const { status } = await writeArtifact(spec, async (draft) => {
    if (pace > 0) process.stdout.write("begun\n");
    for (const name of ["a.jsonl", "z.jsonl"]) {
      const writer = JsonlWriter.create(join(draft.dir, name));
      for (let n = 0; n < rows; n++) {
        writer.write({ n, seed: spec.seed, text: "x".repeat(n % 50) });
        if (pace > 0 && n % pace === 0) {
          writer.flush();
          await sleep(1);
        }
      }
      await writer.close();
    }
    draft.stats.rows = rows;
  });
  return { status };
}
