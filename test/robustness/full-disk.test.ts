/** @file A full disk: exit with the path, the old output stays. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test, type TestContext } from "vitest";
import { type ArtifactSpec, openArtifact, writeArtifact } from "../../src/util/artifact.ts";
import { IoError } from "../../src/util/errors.ts";
import { writeFileAtomic } from "../../src/util/files.ts";
import { JsonlWriter } from "../../src/util/jsonl.ts";
import { compiled } from "../helpers/compiled.ts";
import { tempDir } from "../helpers/temp.ts";

const isRoot = process.getuid?.() === 0;
const mounted: string[] = [];

afterEach(() => {
  for (const dir of mounted.splice(0)) spawnSync("umount", [dir]);
});

/** A file system of 64 kB, or undefined where none may be mounted. */
function smallDisk(): string | undefined {
  const dir = tempDir();
  if (!isRoot || spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", dir]).status !== 0) return undefined;
  mounted.push(dir);
  return dir;
}

function specOn(dir: string): ArtifactSpec {
  return { output: join(dir, "out"), kind: "run", command: "retrieve", options: {}, seed: 1, inputs: [], resume: false, overwrite: false };
}

const writing = (rows: number) => async (draft: { dir: string }) => {
  const writer = JsonlWriter.create(join(draft.dir, "run.jsonl"));
  for (let n = 0; n < rows; n++) writer.write({ n, text: "x".repeat(80) });
  await writer.close();
};

describe("a disk of 64 kB", () => {
  test("an artifact that does not fit: I/O error with the path, the old output stays, room makes --resume succeed", async (context) => {
    const dir = smallDisk();
    if (dir === undefined) return context.skip("needs root and mount");
    await writeArtifact(specOn(dir), writing(20));
    const filler = join(dir, "filler");
    writeFileSync(filler, Buffer.alloc(20_000));
    const next = { ...specOn(dir), seed: 2, overwrite: true };
    const failing = writeArtifact(next, writing(400));
    await expect(failing).rejects.toThrow(IoError);
    await expect(failing).rejects.toThrow(`${dir}/out.partial/run.jsonl: cannot write: no space left on the device`);
    const old = await openArtifact(join(dir, "out"), "run");
    expect(old.manifest.seed).toBe(1);
    old.path("run.jsonl");
    spawnSync("rm", [filler]);
    expect((await writeArtifact({ ...next, resume: true }, writing(400))).status).toBe("written");
    expect((await openArtifact(join(dir, "out"), "run")).manifest.files[0]).toMatchObject({ path: "run.jsonl", rows: 400 });
    expect(readdirSync(dir)).toEqual(["out"]);
  });

  test("a file written atomically keeps its old content and leaves nothing beside it", (context) => {
    const dir = smallDisk();
    if (dir === undefined) return context.skip("needs root and mount");
    const path = join(dir, "config.json");
    writeFileAtomic(path, "old");
    expect(() => writeFileAtomic(path, Buffer.alloc(100_000))).toThrow(/config\.json\..*: cannot write: no space left/);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(dir)).toEqual(["config.json"]);
  });
});

describe("a directory that may not be written", () => {
  /** Root may do everything, so root asks a process of nobody. */
  function asNobody(context: TestContext, script: string): string {
    const user = isRoot ? { uid: 65534, gid: 65534 } : {};
    const node = (code: string) =>
      spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8", cwd: "/", ...user }).stdout;
    const [artifact, files] = ["artifact", "files"].map((name) => JSON.stringify(compiled(`src/util/${name}.ts`)));
    const imports = `const { writeArtifact } = await import(${artifact}); const { readBytes } = await import(${files});`;
    if (node(`${imports} console.log("ready");`) !== "ready\n") context.skip("an ordinary user may not read this checkout");
    return node(
      `${imports} try { ${script}; console.log("done"); } catch (error) { console.log(error.name, error.exitCode, error.message); }`,
    );
  }

  test.for<[string, string, string, RegExp]>([
    ["the directory above the output", "", "shut/out", /cannot create the lock: permission denied/],
    ["the directory to be made", "", "shut/deep/out", /shut\/deep: cannot create: permission denied/],
    ["a draft that is there", "open/out.partial", "open/out", /open\/out\.partial\/.*: cannot write: permission denied/],
  ])("%s: exit 4 with the path", ([, draft, output, message], context) => {
    const dir = tempDir();
    chmodSync(dir, 0o755);
    mkdirSync(join(dir, "shut"));
    mkdirSync(join(dir, "open"));
    if (draft !== "") mkdirSync(join(dir, draft), { mode: 0o555 });
    chmodSync(join(dir, "shut"), 0o555);
    chmodSync(join(dir, "open"), 0o777);
    const said = asNobody(context, `await writeArtifact(${JSON.stringify({ ...specOn(dir), output: join(dir, output) })}, async () => {})`);
    expect(said).toMatch(/^IoError 4 /);
    expect(said).toMatch(message);
    expect(existsSync(join(dir, output))).toBe(false);
    expect(readdirSync(join(dir, dirname(output).split("/")[0]!)).filter((name) => name.includes("lock"))).toEqual([]);
    chmodSync(join(dir, "shut"), 0o755);
  });

  test("an input that may not be read is an I/O error too", (context) => {
    const dir = tempDir();
    chmodSync(dir, 0o755);
    const secret = join(dir, "secret.jsonl");
    writeFileSync(secret, "{}", { mode: 0o000 });
    expect(asNobody(context, `readBytes(${JSON.stringify(secret)})`)).toBe(`IoError 4 ${secret}: cannot read: permission denied\n`);
  });
});
