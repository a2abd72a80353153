/** @file Artifacts: drafts, done, resume, overwrite, seals. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ArtifactSpec, type Draft, EVENTS, openArtifact, SCRATCH, writeArtifact } from "../../src/util/artifact.ts";
import { DataError, Interrupted, IoError, UnavailableError, UsageError } from "../../src/util/errors.ts";
import { sha256 } from "../../src/util/hash.ts";
import { tempDir } from "../helpers/temp.ts";

const KIND = "evaluation";

function setup(change: Partial<ArtifactSpec> = {}): ArtifactSpec {
  const dir = tempDir();
  writeFileSync(join(dir, "input.jsonl"), '{"id":"1"}\n{"id":"2"}\n');
  return {
    output: join(dir, "out"),
    kind: KIND,
    command: "evaluate",
    options: { metric: ["nDCG@3"], output: join(dir, "out"), resume: false },
    seed: 7,
    inputs: [join(dir, "input.jsonl")],
    resume: false,
    overwrite: false,
    ...change,
  };
}

const write =
  (content: string) =>
  async (draft: Draft): Promise<string> => {
    writeFileSync(join(draft.dir, "scores.jsonl"), content);
    mkdirSync(join(draft.dir, "deep/er"), { recursive: true });
    writeFileSync(join(draft.dir, "deep/er/part.bin"), content);
    writeFileSync(join(draft.dir, "timing.jsonl"), `${Math.random()}\n`);
    draft.stats["kept"] = 2;
    return "made";
  };

const around = (spec: ArtifactSpec) => readdirSync(join(spec.output, "..")).sort();

describe("writing an artifact", () => {
  test("a sealed directory appears, with nothing beside it", async () => {
    const spec = setup();
    const written = await writeArtifact(spec, write("{}\n{}\n"));
    expect(written).toMatchObject({ status: "written", result: "made" });
    expect(around(spec)).toEqual(["input.jsonl", "out"]);
    expect(readdirSync(spec.output).sort()).toEqual(["deep", "manifest.json", "scores.jsonl", "timing.jsonl"]);
    const { manifest } = await openArtifact(spec.output, KIND);
    expect(manifest.files.map(({ path, rows }) => [path, rows])).toEqual([
      ["deep/er/part.bin", undefined],
      ["scores.jsonl", 2],
    ]);
    expect(manifest.inputs[0]).toMatchObject({ bytes: 22, rows: 2 });
    expect(manifest.options).toEqual({ metric: ["nDCG@3"] });
    expect(manifest.stats).toEqual({ kept: 2 });
  });

  test("nothing is visible under the name while it is written", async () => {
    const spec = setup();
    await writeArtifact(spec, async (draft) => {
      expect(existsSync(spec.output)).toBe(false);
      expect(draft.dir).toBe(`${spec.output}.partial`);
    });
  });

  test("a second writer of the same output is told to wait", async () => {
    const spec = setup();
    await writeArtifact(spec, async () => {
      await expect(writeArtifact(spec, write("1"))).rejects.toThrow(UnavailableError);
    });
    expect((await writeArtifact(spec, write("1"))).status).toBe("done");
  });

  test("a digest that the stage knows is taken, unless the file has another size", async () => {
    const spec = setup();
    const digest = (bytes: number) => ({ sha256: sha256("1"), bytes, rows: 1 });
    const known = (bytes: number) => async (draft: Draft) => {
      draft.digests.set("scores.jsonl", digest(bytes));
      await write("1")(draft);
    };
    await expect(writeArtifact(spec, known(2))).rejects.toThrow(/scores\.jsonl: has 1 bytes, but 2 were written/);
    const { manifest } = await writeArtifact({ ...spec, resume: true }, known(1));
    expect(manifest.files[1]).toEqual({ path: "scores.jsonl", ...digest(1) });
  });

  test("the same work again is done, without doing it", async () => {
    const spec = setup();
    await writeArtifact(spec, write("1"));
    const again = await writeArtifact({ ...spec, options: { ...spec.options, resume: true, verbose: 2 } }, () =>
      expect.fail("worked again"),
    );
    expect(again.status).toBe("done");
    expect((await writeArtifact({ ...spec, overwrite: true }, () => expect.fail("worked again"))).status).toBe("done");
  });

  test("equal work gives equal bytes, the manifest included, wherever it is written", async () => {
    const [a, b] = [setup(), setup()];
    await writeArtifact(a, write("1"));
    await writeArtifact({ ...b, inputs: a.inputs }, write("1"));
    expect(readFileSync(join(a.output, "manifest.json"), "utf8")).toBe(readFileSync(join(b.output, "manifest.json"), "utf8"));
  });

  test("a seed that is an option too is named once", async () => {
    const spec = { ...setup(), options: { seed: 7 } };
    await writeArtifact(spec, write("old"));
    const refusal = writeArtifact({ ...spec, options: { seed: 8 }, seed: 8 }, write("new"));
    await expect(refusal).rejects.toThrow("(seed: 7, now 8)");
  });

  test.each<[string, (spec: ArtifactSpec) => Partial<ArtifactSpec>, RegExp]>([
    ["an option", () => ({ options: { metric: ["RR"] } }), /metric: \["nDCG@3"\], now \["RR"\]/],
    ["an option more", (spec) => ({ options: { ...spec.options, k: 3 } }), /k: unset, now 3/],
    ["the seed", () => ({ seed: 8 }), /seed: 7, now 8/],
    ["the limit", () => ({ partial: true }), /limited: false, now true/],
    ["the model", () => ({ model: { fingerprint: "a", tokenizer: "b" } }), /model: unset, now "a"/],
    ["the number of inputs", (spec) => ({ inputs: [...spec.inputs, ...spec.inputs] }), /1 input files, now 2/],
    [
      "the content of an input",
      (spec) => {
        writeFileSync(spec.inputs[0] as string, '{"id":"3"}\n');
        return {};
      },
      /changed input .*input\.jsonl/,
    ],
  ])("other work is refused when %s differs, and --overwrite replaces the old output", async (_, change, message) => {
    const spec = setup();
    await writeArtifact(spec, write("old"));
    const other = { ...spec, ...change(spec) };
    const refusal = writeArtifact(other, write("new"));
    await expect(refusal).rejects.toThrow(UsageError);
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.toThrow(/--overwrite/);
    expect(readFileSync(join(spec.output, "scores.jsonl"), "utf8")).toBe("old");
    await writeArtifact({ ...other, overwrite: true }, write("new"));
    expect(readFileSync(join(spec.output, "scores.jsonl"), "utf8")).toBe("new");
    expect(around(spec)).toEqual(["input.jsonl", "out"]);
  });

  test("a damaged output is named, and --overwrite makes it again", async () => {
    const spec = setup();
    await writeArtifact(spec, write("good"));
    writeFileSync(join(spec.output, "scores.jsonl"), "evil");
    const refusal = writeArtifact(spec, write("good"));
    await expect(refusal).rejects.toThrow(DataError);
    await expect(refusal).rejects.toThrow(/scores\.jsonl.*sha256.*--overwrite/);
    expect((await writeArtifact({ ...spec, overwrite: true }, write("good"))).status).toBe("written");
  });

  test("a foreign directory is refused, with --overwrite too", async () => {
    for (const content of [["notes.txt"], ["manifest.json"]]) {
      const spec = setup({ overwrite: true });
      mkdirSync(spec.output);
      for (const name of content) writeFileSync(join(spec.output, name), "{}");
      await expect(writeArtifact(spec, write("1"))).rejects.toThrow(/manifest\.json/);
      expect(readdirSync(spec.output)).toEqual(content);
    }
  });

  test("a file, or an artifact of another kind, is refused with --overwrite too", async () => {
    const spec = setup({ overwrite: true });
    writeFileSync(spec.output, "");
    await expect(writeArtifact(spec, write("1"))).rejects.toThrow(/is a file/);
    rmSync(spec.output);
    await writeArtifact(spec, write("1"));
    await expect(writeArtifact({ ...spec, kind: "run" }, write("1"))).rejects.toThrow(/holds another artifact \(evaluation, not run\)/);
  });

  test("an empty directory, a link to one and missing parents are fine", async () => {
    const spec = setup();
    mkdirSync(spec.output);
    await writeArtifact(spec, write("1"));
    const linked = { ...spec, output: join(spec.output, "../link") };
    mkdirSync(join(spec.output, "../real"));
    symlinkSync(join(spec.output, "../real"), linked.output);
    await writeArtifact(linked, write("1"));
    await writeArtifact({ ...spec, output: join(spec.output, "../a/b/c") }, write("1"));
    for (const name of ["out", "real", "a/b/c"]) await openArtifact(join(spec.output, "..", name), KIND);
  });
});

describe("an unfinished artifact", () => {
  const interrupt = async (draft: Draft): Promise<never> => {
    writeFileSync(join(draft.dir, "scores.jsonl"), "half");
    throw new Interrupted("stopped");
  };

  test("is refused without --resume, and continued with it", async () => {
    const spec = setup();
    await expect(writeArtifact(spec, interrupt)).rejects.toThrow(Interrupted);
    expect(around(spec)).toEqual(["input.jsonl", "out.partial"]);
    await expect(writeArtifact(spec, write("1"))).rejects.toThrow(/out\.partial .*--resume/);
    await writeArtifact({ ...spec, resume: true }, async (draft) => {
      expect(draft.resumed).toBe(true);
      expect(readFileSync(join(draft.dir, "scores.jsonl"), "utf8")).toBe("half");
      await write("whole")(draft);
    });
    expect(readFileSync(join(spec.output, "scores.jsonl"), "utf8")).toBe("whole");
    expect(around(spec)).toEqual(["input.jsonl", "out"]);
  });

  test("is not resumed by other work or another version; --overwrite starts over", async () => {
    const spec = setup();
    await expect(writeArtifact(spec, interrupt)).rejects.toThrow(Interrupted);
    await expect(writeArtifact({ ...spec, resume: true, seed: 8 }, write("1"))).rejects.toThrow(/cannot be resumed.*seed: 7, now 8/);
    await expect(writeArtifact({ ...spec, resume: true, versions: { x: "2" } }, write("1"))).rejects.toThrow(/x: unset, now "2"/);
    await writeArtifact({ ...spec, resume: true, overwrite: true, seed: 8 }, async (draft) => {
      expect(draft.resumed).toBe(false);
      expect(readdirSync(draft.dir)).toEqual(["draft.json"]);
    });
  });

  test("--resume without anything to resume starts", async () => {
    const spec = setup({ resume: true });
    await writeArtifact(spec, async (draft) => expect(draft.resumed).toBe(false));
  });

  test("bad input leaves nothing behind; a full disk keeps the work done and the old output", async () => {
    const spec = setup();
    const fail = (error: Error) => async (draft: Draft) => {
      writeFileSync(join(draft.dir, "scores.jsonl"), "half");
      throw error;
    };
    await expect(writeArtifact(spec, fail(new DataError("bad")))).rejects.toThrow("bad");
    expect(around(spec)).toEqual(["input.jsonl"]);
    await writeArtifact(spec, write("old"));
    await expect(writeArtifact({ ...spec, seed: 8, overwrite: true }, fail(new IoError("full")))).rejects.toThrow("full");
    expect(around(spec)).toEqual(["input.jsonl", "out", "out.partial"]);
    expect(readFileSync(join(spec.output, "scores.jsonl"), "utf8")).toBe("old");
  });

  test("bad input keeps what has checkpoints: it may only have been damaged meanwhile", async () => {
    const spec = setup();
    const late = async (draft: Draft) => {
      mkdirSync(join(draft.dir, SCRATCH));
      throw new DataError("bad by now");
    };
    await expect(writeArtifact(spec, late)).rejects.toThrow("bad by now");
    await writeArtifact({ ...spec, resume: true }, async (draft) => {
      expect(draft.resumed).toBe(true);
      expect(existsSync(join(draft.dir, SCRATCH))).toBe(true);
      mkdirSync(join(draft.dir, EVENTS));
      writeFileSync(join(draft.dir, EVENTS, "events"), `${Date.now()}`);
    });
    // Event files are kept and not listed: they hold the time of day.
    expect(readdirSync(join(spec.output, EVENTS))).toEqual(["events"]);
    expect((await openArtifact(spec.output, spec.kind)).has(join(EVENTS, "events"))).toBe(false);
  });

  test("a foreign .partial directory is left alone", async () => {
    for (const name of ["mine.txt", "manifest.json", "draft.json"]) {
      const spec = setup({ resume: true, overwrite: true });
      mkdirSync(`${spec.output}.partial`);
      writeFileSync(join(`${spec.output}.partial`, name), '{"name":"mine"}');
      await expect(writeArtifact(spec, write("1"))).rejects.toThrow(/was not made by uniconv/);
      expect(readdirSync(`${spec.output}.partial`)).toEqual([name]);
    }
  });
});

describe("what a kill inside --overwrite leaves is repaired", () => {
  async function replaced() {
    const spec = setup();
    await writeArtifact(spec, write("old"));
    const next = { ...spec, seed: 8, output: join(spec.output, "../next") };
    await writeArtifact(next, write("new"));
    const aside = join(spec.output, "../.out.replaced");
    return { spec, aside, next: next.output, partial: `${spec.output}.partial` };
  }

  test("old aside, new not in: the sealed draft goes in", async () => {
    const { spec, aside, next, partial } = await replaced();
    renameSync(spec.output, aside);
    renameSync(next, partial);
    expect((await writeArtifact({ ...spec, seed: 8, overwrite: true }, () => expect.fail("worked again"))).status).toBe("done");
    expect(around(spec)).toEqual(["input.jsonl", "out"]);
    expect(readFileSync(join(spec.output, "scores.jsonl"), "utf8")).toBe("new");
  });

  test("old aside and no sealed draft: the old one comes back", async () => {
    const { spec, aside, next } = await replaced();
    rmSync(next, { recursive: true });
    renameSync(spec.output, aside);
    expect((await writeArtifact(spec, () => expect.fail("worked again"))).status).toBe("done");
    expect(around(spec)).toEqual(["input.jsonl", "out"]);
  });

  test("new in, old half deleted: the rest goes", async () => {
    const { spec, aside, next } = await replaced();
    renameSync(spec.output, aside);
    renameSync(next, spec.output);
    rmSync(join(aside, "scores.jsonl"));
    expect((await writeArtifact({ ...spec, seed: 8 }, () => expect.fail("worked again"))).status).toBe("done");
    expect(around(spec)).toEqual(["input.jsonl", "out"]);
  });

  test("a sealed draft that was being deleted is no artifact", async () => {
    const { spec, next, partial } = await replaced();
    rmSync(spec.output, { recursive: true });
    renameSync(next, partial);
    rmSync(join(partial, "scores.jsonl"));
    await expect(writeArtifact(spec, write("1"))).rejects.toThrow(/--resume/);
    await writeArtifact({ ...spec, overwrite: true }, write("1"));
    expect(around(spec)).toEqual(["input.jsonl", "out"]);
  });
});

describe("opening an artifact", () => {
  test("every flipped bit and every cut is found before the file is used", async () => {
    const spec = setup();
    await writeArtifact(spec, write("0123456789"));
    const file = join(spec.output, "scores.jsonl");
    const good = readFileSync(file);
    const artifact = await openArtifact(spec.output, KIND);
    expect(artifact.path("scores.jsonl")).toBe(file);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(file, bad);
      expect(() => artifact.path("scores.jsonl")).toThrow(/sha256/);
    }
    for (let length = 0; length < good.length; length++) {
      writeFileSync(file, good.subarray(0, length));
      expect(() => artifact.path("scores.jsonl")).toThrow(new RegExp(`has ${length} bytes, its manifest says 10`));
    }
    rmSync(file);
    expect(() => artifact.path("scores.jsonl")).toThrow(DataError);
    writeFileSync(file, good);
    expect(artifact.path("scores.jsonl")).toBe(file);
  });

  test("what the manifest does not list cannot be had", async () => {
    const spec = setup();
    await writeArtifact(spec, write("1"));
    const artifact = await openArtifact(spec.output, KIND);
    expect([artifact.has("scores.jsonl"), artifact.has("timing.jsonl")]).toEqual([true, false]);
    expect(() => artifact.path("timing.jsonl")).toThrow(/has no timing\.jsonl \(it has deep\/er\/part\.bin, scores\.jsonl\)/);
  });

  test("a missing directory, a wrong kind, an unfinished output, a newer format and a manifest that leads outside are named", async () => {
    const spec = setup();
    const reject = (dir: string, message: RegExp) => expect(openArtifact(dir, KIND)).rejects.toThrow(message);
    await reject(spec.output, /out: no such directory/);
    mkdirSync(`${spec.output}.partial`);
    await reject(spec.output, /--resume/);
    await reject(`${spec.output}.partial`, /is no artifact of uniconv/);
    rmSync(`${spec.output}.partial`, { recursive: true });
    await writeArtifact(spec, write("1"));
    await expect(openArtifact(spec.output, "model")).rejects.toThrow(
      /holds the artifact "evaluation", expected "model", which train or init-model makes/,
    );
    const file = join(spec.output, "manifest.json");
    const manifest = readFileSync(file, "utf8");
    writeFileSync(file, manifest.replace("@1", "@2"));
    await reject(spec.output, /format version 2/);
    writeFileSync(file, manifest.replace("deep/er/part.bin", "../input.jsonl"));
    await reject(spec.output, /manifest\.json: .*outside/);
    writeFileSync(file, manifest.slice(0, 40));
    await reject(spec.output, /manifest\.json:1: the file ends inside a JSON value/);
  });
});

test("the manifest cannot be written into a read-only place: I/O error with the path", async (context) => {
  if (process.getuid?.() === 0) context.skip("root may write everywhere");
  const spec = setup();
  chmodSync(join(spec.output, ".."), 0o500);
  await expect(writeArtifact(spec, write("1"))).rejects.toThrow(IoError);
});
