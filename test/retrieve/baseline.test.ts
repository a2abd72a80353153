/** @file An embedding model without uniconv.json as a baseline: pooling and prefixes are flags of build-index and retrieve. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildIndex } from "../../src/pipelines/build-index.ts";
import { retrieve } from "../../src/retrieve/retrieve.ts";
import { BuildIndexOptions } from "../../src/schema/options/build-index.ts";
import { RetrieveOptions } from "../../src/schema/options/retrieve.ts";
import { UsageError } from "../../src/util/errors.ts";
import { readRun } from "../../src/util/run-file.ts";
import { buildEngine, listen, passagesOf, prepare, tinyModel, turnsOf } from "../helpers/small-world.ts";
import { tempDir } from "../helpers/temp.ts";

const folder = tempDir();
const at = (name: string) => join(folder, name);
const common = () => ({ input: at("prepared"), model: at("model"), device: "cpu", threads: 1 });
const build = (output: string, options: object) =>
  buildIndex(BuildIndexOptions.parse({ ...common(), output: at(output), ...options }), listen());
const search = (output: string, index: string, options: object) =>
  retrieve(RetrieveOptions.parse({ ...common(), index: at(index), output: at(output), top_k: 3, ...options }), listen());
const recorded = (name: string) => (JSON.parse(readFileSync(join(at(name), "manifest.json"), "utf8")) as { options: object }).options;

const passages = passagesOf(12).map((passage) => ({ ...passage, title: "" }));

beforeAll(async () => {
  buildEngine();
  // Questions that repeat a passage word by word, behind a history that does not matter.
  const turns = turnsOf(12).map((turn, i) => ({ ...turn, question: passages[i]!.text }));
  await prepare(at("prepared"), { passages, turns });
  await tinyModel(at("model"), { text: join(at("prepared"), "passages.jsonl") });
});

test.each(["last", "mean", "cls", "emb"] as const)(
  "pooling %s goes from the index to the queries; a text finds itself with a cosine of 1",
  async (pooling) => {
    await build(`index-${pooling}`, { pooling, passage_prefix: "text: " });
    expect(recorded(`index-${pooling}`)).toMatchObject({ pooling, passage_prefix: "text: " });
    // With EMB a question and a passage stand in other turns of the template: their vectors are alike, not the same.
    if (pooling === "emb") return;
    await search(`run-${pooling}`, `index-${pooling}`, { query_prefix: "text: ", history_order: "none" });
    expect(recorded(`run-${pooling}`)).toMatchObject({ pooling, query_prefix: "text: ", history_order: "none" });
    const { table } = await readRun(at(`run-${pooling}`));
    for (const [i, turn] of table.turns.entries()) {
      const ranked = table.passages(turn);
      // The first token is the same in all texts: everything is equally near.
      if (pooling !== "cls") expect(ranked[0]!.id).toBe(passages[i]!.id);
      expect(ranked[0]!.score).toBeCloseTo(1, 5);
    }
    if (pooling === "cls") return;
    await search(`other-${pooling}`, `index-${pooling}`, { query_prefix: "query: ", history_order: "none" });
    const other = (await readRun(at(`other-${pooling}`))).table;
    expect(other.passages(other.turns[0]!)[0]!.score).toBeLessThan(0.9999);
  },
);

test("a length that was asked for and is more than the model's context is refused; the default one is cut, and that is said", async () => {
  const refused = build("long", { max_passage_length: 300 });
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow("--max-passage-length 300 is more than the model's context of 256 tokens");
  const context = listen();
  await buildIndex(BuildIndexOptions.parse({ ...common(), output: at("cut") }), context);
  expect(context.messages).toContain("max_passage_length 384 is cut to the 256 positions the model has");
});
