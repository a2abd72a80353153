/** @file The shape of the repository: who may import whom, how long a file may be, what no file may say. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../src/util/package-root.ts";

/** folder → the folders it may import; everything may import util and schema. */
const ALLOWED: Record<string, readonly string[]> = {
  util: [],
  schema: [],
  onnx: [],
  autodiff: ["onnx"],
  engine: ["onnx"],
  models: ["onnx"],
  losses: ["onnx"],
  text: [],
  weights: [],
  encode: ["engine", "models", "text", "weights", "onnx"],
  indexing: ["onnx"],
  datasets: [],
  eval: [],
  // Stages: they never import each other.
  prepare: ["datasets", "text"],
  init: ["models", "weights", "text"],
  train: ["engine", "autodiff", "models", "losses", "text", "weights", "onnx"],
  // weights: a run is refused when the model is not the one that made the index, and the fingerprint says so.
  retrieve: ["encode", "indexing", "text", "weights"],
  generate: ["engine", "models", "text", "weights", "onnx"],
  // report: an evaluation holds its own report.md.
  evaluate: ["eval", "report"],
  report: ["eval"],
  // autodiff: it tries a training step in small.
  doctor: ["engine", "onnx", "autodiff"],
  // Above the stages.
  // datasets: validate reads their files as prepare-data would.
  pipelines: [
    "datasets",
    "prepare",
    "init",
    "train",
    "encode",
    "indexing",
    "retrieve",
    "generate",
    "evaluate",
    "report",
    "text",
    "weights",
    "models",
  ],
  // eval, datasets: help lists what lies there.
  cli: ["pipelines", "doctor", "prepare", "init", "train", "retrieve", "generate", "evaluate", "report", "eval", "datasets"],
};
const FOR_ALL = ["util", "schema"];

const LONGEST = 400;
const GENERATED = ["src/onnx/protobuf/onnx_pb.ts"];

const root = packageRoot();
const inRepository = existsSync(join(root, ".git"));
/** Tracked files and those about to be. */
const files = inRepository
  ? execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" })
      .split("\n")
      .filter((file) => file !== "" && existsSync(join(root, file)))
  : [];
const code = files.filter((file) => /\.(ts|js|mjs)$/.test(file) && !GENERATED.includes(file));
const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** src/train/loop.ts → train; eval/metrics/f1.ts → eval. */
function folderOf(file: string): string | undefined {
  return /^src\/([^/]+)\//.exec(file)?.[1] ?? /^(datasets|eval)\//.exec(file)?.[1];
}

/** The files that a file names in imports, static or not, and in module addresses. */
function importsOf(file: string, text: string): string[] {
  const named = /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"|new URL\(\s*"(\.[^"]+)",\s*import\.meta\.url/g;
  return [...text.matchAll(named)].map((match) => normalize(join(dirname(file), match[1] ?? match[2]!)));
}

describe.skipIf(!inRepository)("the repository", () => {
  test("has an entry in the table for every folder of sources", () => {
    const folders = new Set(code.flatMap((file) => folderOf(file) ?? []));
    expect([...folders].filter((folder) => !(folder in ALLOWED))).toEqual([]);
  });

  test("imports only along the allowed edges", () => {
    const wrong = code.flatMap((file) => {
      const from = folderOf(file);
      if (from === undefined) return [];
      const allowed = [from, ...FOR_ALL, ...ALLOWED[from]!];
      return importsOf(file, read(file)).flatMap((target) => {
        const to = folderOf(target) ?? target;
        return allowed.includes(to) ? [] : [`${file} imports ${target}: ${from} → ${to} is no allowed edge`];
      });
    });
    expect(wrong).toEqual([]);
  });

  test("has no edge in the table that leads back up", () => {
    const above = (folder: string, seen: Set<string> = new Set()): Set<string> => {
      for (const next of ALLOWED[folder]!) if (!seen.has(next)) above(next, seen.add(next));
      return seen;
    };
    expect(Object.keys(ALLOWED).filter((folder) => above(folder).has(folder))).toEqual([]);
  });

  test("finds imports however they are written", () => {
    const text = `import { a } from "../util/a.ts"; import "./b.ts"; export * from "../c/d.ts";
      const e = await import("../e.ts"); const f = new URL("./f.ts", import.meta.url); import g from "zod"; // from ours`;
    expect(importsOf("src/cli/x.ts", text)).toEqual(["src/util/a.ts", "src/cli/b.ts", "src/c/d.ts", "src/e.ts", "src/cli/f.ts"]);
  });

  test(`has no file of code longer than ${LONGEST} lines`, () => {
    const lengths = code.map((file) => ({ file, lines: read(file).split("\n").length - 1 }));
    expect(lengths.filter(({ lines }) => lines > LONGEST)).toEqual([]);
  });

  test("says in the first lines of every file of code what it is", () => {
    const header = /^(#!.*\n)?\/\*\*(\n \*)? @file \S/;
    expect(code.filter((file) => file !== "bin/uniconv.js" && !header.test(read(file)))).toEqual([]);
  });

  test("names no place of the machine it was written on, and leaves nothing to do", () => {
    // Put together here, since this file is looked at too.
    const forbidden = [
      ["/wo", "rk/"],
      ["/ro", "ot/"],
      ["/ho", "me/"],
      ["TO", "DO"],
      ["FIX", "ME"],
    ].map((parts) => parts.join(""));
    const texts = files.filter(
      (file) => !/\.(gz|safetensors|npz?|npy|bin|png|json|jsonl|tsv|trec)$/.test(file) && !GENERATED.includes(file),
    );
    const found = texts.flatMap((file) =>
      read(file)
        .split("\n")
        .flatMap((line, index) => forbidden.filter((word) => line.includes(word)).map((word) => `${file}:${index + 1}: ${word}`)),
    );
    expect(found).toEqual([]);
  });

  test("holds no single file above 1 MB", () => {
    expect(files.filter((file) => readFileSync(join(root, file)).length > 1_000_000)).toEqual([]);
  });
});
