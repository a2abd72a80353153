/** @file generate: what goes into the prompts, what is recorded, resuming, and every wrong input refused by name. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generate } from "../../src/generate/generate.ts";
import { GenerateOptions } from "../../src/schema/options/generate.ts";
import { ResponseLine } from "../../src/schema/records.ts";
import { sequenceBuilder, settingsFor } from "../../src/text/from-settings.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";
import { DataError, Interrupted, UsageError } from "../../src/util/errors.ts";
import { sha256File } from "../../src/util/hash.ts";
import { packageRoot } from "../../src/util/package-root.ts";
import { openCheckpoint } from "../../src/weights/checkpoint.ts";
import { buildEngine, listen, passagesOf, prepare, tinyModel, turnsOf } from "../helpers/small-world.ts";

const root = mkdtempSync(join(tmpdir(), "uniconv-generate-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...names: string[]): string => join(root, ...names);
let made = 0;
const fresh = (name: string): string => at(`${name}-${made++}`);
const [passages, turns] = [passagesOf(40), turnsOf(12)];

const answer = (options: object, context = listen()) =>
  generate(
    GenerateOptions.parse({
      input: at("prepared"),
      model: at("model"),
      device: "cpu",
      threads: 1,
      max_new_tokens: 6,
      output: fresh("responses"),
      ...options,
    }),
    context,
  );
const linesOf = (dir: string) =>
  readFileSync(join(dir, "responses.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => ResponseLine.parse(JSON.parse(line)));

/** Turn i is given the passages i+1 … i+20, best first. */
function writeRun(file: string, ids: readonly string[]): string {
  const rows = ids.flatMap((id, i) =>
    Array.from({ length: 20 }, (_, rank) => `${id}\tQ0\tp${i + 1 + rank}\t${rank + 1}\t${20 - rank}\ttest\n`),
  );
  writeFileSync(file, rows.join(""));
  return file;
}

beforeAll(async () => {
  buildEngine();
  await prepare(at("prepared"), { passages, turns });
  await tinyModel(at("model"), { text: at("prepared", "passages.jsonl"), sizes: { max_position_embeddings: 1024 } });
  writeRun(
    at("run.trec"),
    turns.map(({ id }) => id),
  );
}, 120_000);

describe("prompts", () => {
  test("each mode's prompt is the sequence builder's, in the passages' order", async () => {
    const builder = sequenceBuilder(await loadTokenizer(at("model")), settingsFor(at("model"), {}), { max_prompt_tokens: 1024 - 6 });
    const expected = {
      "zero-shot": turns.map((turn) => ({ tokens: builder.queryPrompt(turn).ids.length, passages: [] as string[] })),
      "zero-shot-emb": turns.map((turn) => ({ tokens: builder.query(turn).ids.length, passages: [] as string[] })),
      gold: turns.map((turn, i) => ({ tokens: builder.prompt(turn, [passages[i]!]).ids.length, passages: [`p${i}`] })),
      rag: turns.map((turn, i) => {
        const given = passages.slice(i + 1, i + 4);
        return { tokens: builder.prompt(turn, given).ids.length, passages: given.map(({ id }) => id) };
      }),
    };
    for (const [mode, prompts] of Object.entries(expected)) {
      const output = fresh(mode);
      await answer({ mode, output, ...(mode === "rag" ? { run: at("run.trec"), top_k: 3 } : {}) });
      const lines = linesOf(output);
      expect(lines.map(({ turn }) => turn)).toEqual(turns.map(({ id }) => id));
      expect(lines.map(({ prompt_tokens, passages: given, mode: named }) => ({ tokens: prompt_tokens, passages: given, named }))).toEqual(
        prompts.map((prompt) => ({ ...prompt, named: mode })),
      );
      for (const { new_tokens, finish } of lines) expect(finish === "length" ? new_tokens === 6 : new_tokens < 6).toBe(true);
    }
  }, 120_000);

  test("ten passages of the run unless told otherwise, and the prompt's hash is in the manifest", async () => {
    const output = fresh("rag");
    const { mode } = await answer({ run: at("run.trec"), output });
    expect(mode).toBe("rag");
    expect(linesOf(output)[0]!.passages).toEqual(Array.from({ length: 10 }, (_, i) => `p${i + 1}`));
    const { options } = JSON.parse(readFileSync(join(output, "manifest.json"), "utf8")) as { options: Record<string, unknown> };
    expect(options["prompt_sha256"]).toBe(sha256File(join(packageRoot(), "prompts/rag.jinja")));
    expect(options).toMatchObject({ mode: "rag", top_k: 10, max_new_tokens: 6, split: "test" });
  });

  test("prompts that do not fit lose their last passages, which is counted", async () => {
    const output = fresh("rag");
    const { stats } = await answer({ run: at("run.trec"), output, max_prompt_tokens: 300 });
    const lines = linesOf(output);
    for (const { prompt_tokens, passages: given } of lines) {
      expect(prompt_tokens).toBeLessThanOrEqual(300);
      expect(given.length).toBeLessThan(10);
    }
    expect((stats["dropped"] as { passages: number }).passages).toBe(
      lines.reduce((sum, { passages: given }) => sum + 10 - given.length, 0),
    );
  });
});

describe("decoding", () => {
  test("neither the batch nor packed weights change a response", async () => {
    const outputs = await Promise.all(
      [{}, { batch_size: 1 }, { batch_size: 5, pack_weights: false }].map(async (options) => {
        const output = fresh("rag");
        await answer({ run: at("run.trec"), top_k: 2, output, ...options });
        return linesOf(output);
      }),
    );
    expect(outputs[1]).toEqual(outputs[0]);
    expect(outputs[2]).toEqual(outputs[0]);
  }, 120_000);

  test("stopped and resumed gives the bytes of an undisturbed run", async () => {
    // Long answers: the stop must arrive before the last of twelve turns is answered.
    const options = { mode: "zero-shot", batch_size: 1, max_new_tokens: 150 };
    const [whole, output] = [fresh("whole"), fresh("stopped")];
    await answer({ ...options, output: whole });
    const stopping = listen(({ done }, abort) => done >= 4 && abort());
    await expect(answer({ ...options, output }, stopping)).rejects.toThrow(Interrupted);
    expect(readdirSync(join(`${output}.partial`, "parts")).length).toBeGreaterThan(0);
    await expect(answer({ ...options, output })).rejects.toThrow(/--resume/);
    await answer({ ...options, output, resume: true });
    for (const file of ["responses.jsonl", "manifest.json"])
      expect(readFileSync(join(output, file)).equals(readFileSync(join(whole, file))), file).toBe(true);
    expect(readdirSync(output).sort()).toEqual(["manifest.json", "responses.jsonl"]);
    expect((await answer({ ...options, output })).status).toBe("done");
  }, 120_000);
});

describe("bad input", () => {
  const refused = async (options: object): Promise<Error> => {
    const output = fresh("refused");
    const error = await answer({ output, ...options }).then(
      () => new Error("was accepted"),
      (thrown: unknown) => thrown as Error,
    );
    expect([existsSync(output), existsSync(`${output}.partial`)]).toEqual([false, false]);
    return error;
  };

  test("a run that knows none of the turns is refused, showing ids of both; one that lacks some is used, with a warning", async () => {
    writeRun(at("foreign.trec"), ["QReCC_1", "QReCC_2"]);
    const error = await refused({ run: at("foreign.trec") });
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/foreign.trec: has passages for none of the 12 turns .*"QReCC_1", "QReCC_2".*"c0_1", "c0_2", "c0_3"/);
    writeRun(
      at("short.trec"),
      turns.slice(0, 9).map(({ id }) => id),
    );
    const context = listen();
    const output = fresh("rag");
    const { stats } = await answer({ run: at("short.trec"), output, top_k: 1 }, context);
    expect(context.messages.join("\n")).toMatch(/3 of 12 turns have no passage in .*short.trec; they are answered without/);
    expect(stats["turns_without_passages"]).toBe(3);
    expect(linesOf(output).map(({ passages: given }) => given.length)).toEqual([...Array<number>(9).fill(1), 0, 0, 0]);
  });

  test("a run that names a passage which the prepared folder lacks is refused", async () => {
    writeFileSync(at("other.trec"), turns.map(({ id }) => `${id}\tQ0\tq77\t1\t1\ttest\n`).join(""));
    const error = await refused({ run: at("other.trec") });
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/other.trec: turn "c0_1" is given the passage "q77", which .*passages.jsonl lacks/);
  });

  test("weights that hold NaN stop with the turn named", async () => {
    const model = fresh("nan");
    cpSync(at("model"), model, { recursive: true });
    const { file, offset } = (await openCheckpoint(model)).tensor("model.norm.weight");
    const bytes = readFileSync(file);
    bytes.writeFloatLE(NaN, offset + 8);
    writeFileSync(file, bytes);
    const error = await refused({ model, mode: "zero-shot" });
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/^turn "c\d_\d": the model's state is not finite/);
  });

  test("modes without what they need, and lengths the model has no room for, are refused", async () => {
    expect(await refused({ mode: "rag" })).toBeInstanceOf(UsageError);
    expect((await refused({ mode: "gold", run: at("run.trec") })).message).toMatch(/--mode gold reads no run/);
    expect((await refused({ max_new_tokens: 1024 })).message).toMatch(/--max-new-tokens 1024 leaves 0 of the model's 1024 positions/);
    expect((await refused({ max_prompt_tokens: 1020 })).message).toMatch(/leaves 1018 .* but --max-prompt-tokens is 1020/);
    expect((await refused({ prompt: at("no.jinja") })).message).toMatch(/no.jinja: no such file/);
    expect((await refused({ model: "org/name" })).message).toMatch(/hf download org\/name/);
    expect((await refused({ run: at("no-run") })).message).toMatch(/no-run: no such file/);
  });
});
