/** @file Our port of spaCy's tokenizer beside spaCy: tricky texts token by token, real data by the digest of its tokens. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { specialCases } from "../../eval/text/spacy/exceptions.ts";
import { spacyTokens } from "../../eval/text/spacy/tokenizer.ts";
import { needs } from "../helpers/shared-data.ts";
import { unzip } from "../helpers/unzip.ts";

const golden = JSON.parse(readFileSync(join(import.meta.dirname, "golden/spacy.json"), "utf8")) as {
  /** Of every special case and its tokens. */
  special_cases: string;
  cases: [string, string[]][];
  /** Path → distinct texts, their tokens, the digest of the tokens. */
  files: Record<string, [number, number, string]>;
};

describe("spaCy's rule tokenizer", () => {
  it(`cuts ${golden.cases.length} tricky texts as spaCy does`, () => {
    for (const [text, tokens] of golden.cases) expect(spacyTokens(text), JSON.stringify(text)).toEqual(tokens);
  });

  it("knows every special case of spaCy, and no other", () => {
    expect(digest([...specialCases()].map(([text, tokens]) => [text, ...tokens]))).toBe(golden.special_cases);
  });

  it("loses nothing but single spaces", () => {
    for (const [text] of golden.cases) expect(spacyTokens(text).join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
  });

  it("does not depend on what it cut before", () => {
    const [text, tokens] = golden.cases.find(([, found]) => found.length > 20)!;
    for (let word = 0; word < 60_000; word++) spacyTokens(`w${word}`);
    expect(spacyTokens(text)).toEqual(tokens);
  });

  it.each(["a.b@", "(_(", ".!", "a:", "''", ":)", "-", "a.", "https://", "5km", "🎉"])(
    "keeps up with a chunk of 200,000 times %j, where a backtracking pattern would not end",
    (part) => {
      expect(spacyTokens(part.repeat(200_000)).join("")).toHaveLength(part.length * 200_000);
    },
  );
});

const data = needs("topiocqa");

describe.skipIf(data.absent)(data.title("on real data, spaCy's rule tokenizer"), () => {
  const names = Object.keys(golden.files).filter((name) => sourceOf(name) !== undefined);

  it.each([...new Set(names.map(folderOf))])("cuts every text of %s as spaCy does", (folder) => {
    for (const name of names.filter((one) => folderOf(one) === folder)) {
      const rows = [...new Set(textsOf(name, contentOf(name)))].filter(usable).map(spacyTokens);
      expect([rows.length, rows.reduce((total, row) => total + row.length, 0), digest(rows)], name).toEqual(golden.files[name]);
    }
  });
});

function folderOf(name: string): string {
  return name.split("/")[0]!;
}

/** NAME stands as it is, as NAME.gz, or in an archive: ARCHIVE.zip/NAME. */
function sourceOf(name: string): { path: string; read(bytes: Buffer): Buffer } | undefined {
  const archive = /^.*\.zip(?=\/)/.exec(name)?.[0];
  if (archive !== undefined) return present(archive, (bytes) => unzip(bytes).get(name.slice(archive.length + 1))!);
  return present(name, (bytes) => bytes) ?? present(`${name}.gz`, gunzipSync);
}

function present(name: string, read: (bytes: Buffer) => Buffer): { path: string; read(bytes: Buffer): Buffer } | undefined {
  const { path, absent } = needs(name);
  return absent ? undefined : { path, read };
}

function contentOf(name: string): Buffer {
  const { path, read } = sourceOf(name)!;
  return read(readFileSync(path));
}

/** The strings of a JSON file or of JSON lines, keys too; of anything else, and of what is no JSON, the lines: as spacy_tokens.py has it. */
function textsOf(name: string, bytes: Buffer): string[] {
  const text = new TextDecoder().decode(bytes);
  const broken = name.includes("lab-cases") || /^[ni]_/.test(basename(name));
  if (!/\.jsonl?$/.test(name) || broken) return text.split("\n");
  return stringsOf(text) ?? text.split("\n").flatMap((line) => stringsOf(line) ?? [line]);
}

function stringsOf(json: string): string[] | undefined {
  const out: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === "string") out.push(value);
    else if (Array.isArray(value)) for (const one of value) walk(one);
    else if (typeof value === "object" && value !== null)
      for (const [key, one] of Object.entries(value)) {
        out.push(key);
        walk(one);
      }
  };
  try {
    walk(JSON.parse(json));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return out;
}

/** spaCy cannot store half a surrogate pair, and its time grows with the square of a chunk's length. */
function usable(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- Python counts the information separators as white space
  return !/\p{Cs}/u.test(text) && !/[^\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]{5001}/u.test(text);
}

/** Whatever the order: the sum of the first 48 bits of each row's SHA-256. */
function digest(rows: Iterable<readonly string[]>): string {
  let total = 0n;
  for (const row of rows) total += BigInt(`0x${createHash("sha256").update(row.join("\0")).digest("hex").slice(0, 12)}`);
  return (total & 0xffffffffffffn).toString(16).padStart(12, "0");
}
