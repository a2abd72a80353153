/** @file Small files: atomic, durable, errors that name the path. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError, IoError } from "../../src/util/errors.ts";
import { makeFolder, readBytes, readJson, readText, sweep, writeFileAtomic } from "../../src/util/files.ts";
import { digestFile, sha256, sha256File } from "../../src/util/hash.ts";
import { packageRoot, packageVersion } from "../../src/util/package-root.ts";
import { compareBytes } from "../../src/util/sort.ts";
import { tempDir } from "../helpers/temp.ts";

describe("makeFolder", () => {
  test("makes what is missing above, and is content with what is there", () => {
    const dir = tempDir();
    makeFolder(join(dir, "a/b/c"));
    makeFolder(join(dir, "a/b/c"));
    expect(readdirSync(join(dir, "a/b"))).toEqual(["c"]);
  });

  test("in the place of a file, below one, or behind a link to nothing, is an I/O error with the path", () => {
    const dir = tempDir();
    writeFileSync(join(dir, "f"), "");
    symlinkSync(join(dir, "nothing"), join(dir, "link"));
    for (const path of ["f", "f/below", "link"]) expect(() => makeFolder(join(dir, path))).toThrow(IoError);
  });

  test.skipIf(!existsSync("/proc/self"))("answers where the system refuses folders as if their parent were missing", () => {
    expect(() => makeFolder("/proc/no-such-folder/x")).toThrow(/\/x: cannot create/);
  });
});

describe("writeFileAtomic", () => {
  test("replaces the content and leaves nothing beside it", () => {
    const dir = tempDir();
    for (const content of ["é", Buffer.from([0, 255]), "", Buffer.alloc(3_000_000, 7)]) {
      writeFileAtomic(join(dir, "f"), content);
      expect(readFileSync(join(dir, "f")).equals(Buffer.from(content as string))).toBe(true);
      expect(readdirSync(dir)).toEqual(["f"]);
    }
  });

  test("into a missing directory, or over a directory, is an I/O error with the path", () => {
    const dir = tempDir();
    expect(() => writeFileAtomic(join(dir, "no/f"), "")).toThrow(IoError);
    mkdirSync(join(dir, "d"));
    expect(() => writeFileAtomic(join(dir, "d"), "")).toThrow(/\/d: cannot write: is a directory/);
    expect(readdirSync(dir)).toEqual(["d"]);
  });

  test("what a kill left of it is swept away, and nothing else", () => {
    const dir = tempDir();
    mkdirSync(join(dir, "deep"));
    for (const name of [".f.1.tmp", "deep/.g.json.22.tmp", ".h.tmp", "f.1.tmp", "deep/g"]) writeFileSync(join(dir, name), "");
    sweep(dir);
    expect(readdirSync(dir, { recursive: true, encoding: "utf8" }).sort(compareBytes)).toEqual([".h.tmp", "deep", "deep/g", "f.1.tmp"]);
  });
});

describe("reading an input", () => {
  test("a missing file or a directory is bad input, exit 3", () => {
    const dir = tempDir();
    for (const read of [readBytes, readText, readJson, sha256File]) {
      expect(() => read(join(dir, "no"))).toThrow(DataError);
      expect(() => read(join(dir, "no"))).toThrow(/\/no: no such file$/);
      expect(() => read(dir)).toThrow(/: is a directory, a file was expected$/);
    }
  });

  test("text and JSON may begin with a byte order mark and must be UTF-8", () => {
    const file = join(tempDir(), "f");
    writeFileSync(file, '\ufeff{"a":"é"}');
    expect(readText(file)).toBe('{"a":"é"}');
    expect(readJson(file)).toEqual({ a: "é" });
    writeFileSync(file, Buffer.from([34, 0xc3, 34]));
    expect(() => readText(file)).toThrow(/not UTF-8 text/);
    expect(() => readJson(file)).toThrow(/:1: byte 2: not UTF-8/);
  });
});

describe("hashes", () => {
  test("are those of FIPS 180-2", () => {
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  test("of a file equal those of its bytes; lines are counted, the unfinished one too", () => {
    const file = join(tempDir(), "f");
    fc.assert(
      fc.property(fc.array(fc.nat(600_000), { maxLength: 6 }), fc.boolean(), (lengths, ended) => {
        const text = lengths.map((length) => "é".repeat(length)).join("\n") + (ended ? "\n" : "");
        writeFileSync(file, text);
        const expected = text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
        expect(digestFile(file)).toEqual({ sha256: sha256(text), bytes: Buffer.byteLength(text), lines: expected });
      }),
      { numRuns: 20 },
    );
  });
});

test("the package root holds package.json, whose version is known", () => {
  expect(existsSync(join(packageRoot(), "src/util/package-root.ts"))).toBe(true);
  expect(packageVersion()).toMatch(/^\d+\.\d+\.\d+/);
});
