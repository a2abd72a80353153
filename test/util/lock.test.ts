/** @file One writer per output; the lock heals after kill -9. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { UnavailableError } from "../../src/util/errors.ts";
import { sha256 } from "../../src/util/hash.ts";
import { lock } from "../../src/util/lock.ts";
import { compiled } from "../helpers/compiled.ts";
import { tempDir } from "../helpers/temp.ts";

/** A process that runs `script`, in which `lock` and `sleep` are known. */
function child(script: string) {
  const head = `import { lock } from ${JSON.stringify(compiled("src/util/lock.ts"))};
    import fs from "node:fs"; import { setTimeout as sleep } from "node:timers/promises";`;
  return spawn(process.execPath, ["--input-type=module", "-e", head + script], { stdio: ["ignore", "pipe", "inherit"] });
}

describe("lock", () => {
  test("holds off a second writer of the same output, in this process too, until it is released", async () => {
    const output = join(tempDir(), "out");
    const release = await lock(output);
    await expect(lock(output)).rejects.toThrow(UnavailableError);
    await expect(lock(output)).rejects.toThrow(/out is being written by another process; .* delete .*out\.lock\./);
    (await lock(`${output}2`))();
    release();
    (await lock(output))();
    expect(readdirSync(dirname(output))).toEqual([]);
  });

  test("heals when its holder is killed with -9", async () => {
    const output = join(tempDir(), "out");
    const holder = child(`await lock(${JSON.stringify(output)}); console.log("held"); await sleep(60_000);`);
    await once(holder.stdout, "data");
    await expect(lock(output)).rejects.toThrow(UnavailableError);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    expect(readdirSync(dirname(output))).toHaveLength(1);
    (await lock(output))();
    expect(readdirSync(dirname(output))).toEqual([]);
  });

  test("heals when the dead holder is still a zombie", async (context) => {
    if (!existsSync("/proc/self/stat")) context.skip("needs /proc");
    const output = join(tempDir(), "out");
    const script = `import { lock } from ${JSON.stringify(compiled("src/util/lock.ts"))};
      await lock(${JSON.stringify(output)}); console.log(process.pid); setTimeout(() => {}, 60_000);`;
    // The shell becomes a `sleep` that never asks for its child.
    const parent = spawn("sh", ["-c", '"$0" --input-type=module -e "$1" & exec sleep 60', process.execPath, script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(said.toString());
    process.kill(pid, "SIGKILL");
    while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))) await sleep(5);
    (await lock(output))();
    parent.kill();
  });

  test("is not fooled by a process that got the number of the dead one, or by a reboot; another host is believed", async (context) => {
    if (!existsSync("/proc/self/stat")) context.skip("needs /proc");
    const output = join(tempDir(), "out");
    const release = await lock(output);
    const [name] = readdirSync(dirname(output));
    release();
    const [host, boot, pid, start] = name!.slice("out.lock.".length).split(".");
    expect(host).toBe(sha256(hostname()).slice(0, 8));
    const claim = (...parts: (string | undefined)[]) => writeFileSync(`${output}.lock.${parts.join(".")}.0`, "");
    claim(host, boot, pid, String(Number(start) - 1));
    claim(host, "rebooted", pid, start);
    (await lock(output))();
    expect(readdirSync(dirname(output))).toEqual([]);
    claim("elsewhere", boot, "1", "1");
    await expect(lock(output)).rejects.toThrow(/delete .*out\.lock\.elsewhere/);
  });

  test("never lets two in, whoever comes when", async () => {
    const dir = tempDir();
    const [output, inside] = [join(dir, "out"), join(dir, "inside")].map((path) => JSON.stringify(path));
    const crowd = Array.from({ length: 4 }, () =>
      child(`for (let entered = 0; entered < 8; ) {
        let release;
        try { release = await lock(${output}); } catch (error) { if (error.name !== "UnavailableError") throw error; continue; }
        fs.mkdirSync(${inside}); await sleep(Math.random() * 5); fs.rmdirSync(${inside});
        release(); entered++; await sleep(Math.random() * 20);
      }
      console.log("all entered");`),
    );
    expect(await Promise.all(crowd.map((one) => text(one.stdout)))).toEqual(crowd.map(() => "all entered\n"));
    expect(readdirSync(dir)).toEqual([]);
  });

  test("a place where no file can be made is an I/O error", async () => {
    const dir = tempDir();
    mkdirSync(join(dir, "a"));
    await expect(lock(join(dir, "a/b/c"))).rejects.toThrow(new RegExp(`${basename(dir)}/a/b/c.*cannot create the lock: no such file`));
  });
});
