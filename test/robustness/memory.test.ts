/** @file Readers stay small, whatever the size of the file. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { compiled } from "../helpers/compiled.ts";

const MEGABYTES = 256;

/** Sends 256 MB to `node -e script` and gives back what it printed. */
async function fed(script: string, head: string, line: (n: number) => string, tail: string): Promise<{ rows: number; megabytes: number }> {
  const report = `console.log(JSON.stringify({ rows, megabytes: process.resourceUsage().maxRSS / 1024 }));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script + report], { stdio: ["pipe", "pipe", "inherit"] });
  const said = text(child.stdout);
  const block = Array.from({ length: 1000 }, (_, n) => line(n)).join("");
  child.stdin.write(head);
  for (let sent = 0; sent < MEGABYTES << 20; sent += block.length) if (!child.stdin.write(block)) await once(child.stdin, "drain");
  child.stdin.end(tail);
  return JSON.parse(await said) as { rows: number; megabytes: number };
}

const record = (n: number) => JSON.stringify({ id: `p${n}`, title: "A title", text: "Some words of a passage. ".repeat(20) });

test.each([
  ["JSON lines", "jsonl", `readJsonl("-", z.looseObject({}))`, "", (n: number) => `${record(n)}\n`, ""],
  ["a JSON array", "json-stream", `readJsonArray("-")`, "[0", (n: number) => `,\n${record(n)}`, "]"],
])("%s of 256 MB stay below 200 MB of memory", async (_, module, call, head, line, tail) => {
  const name = call.slice(0, call.indexOf("("));
  const script = `import { ${name} } from ${JSON.stringify(compiled(`src/util/${module}.ts`))}; import { z } from "zod";
    let rows = 0; for await (const _ of ${call}) rows++;`;
  const { rows, megabytes } = await fed(script, head, line, tail);
  expect(rows).toBeGreaterThan(400_000);
  expect(megabytes).toBeLessThan(200);
});
