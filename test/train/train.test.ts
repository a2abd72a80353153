/** @file What `train` refuses before anything heavy starts, and what makes it other work. */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { TrainOptions } from "../../src/schema/options/train.ts";
import { promptPath, readSettings } from "../../src/text/from-settings.ts";
import { train } from "../../src/train/train.ts";
import { DataError, UsageError } from "../../src/util/errors.ts";
import { packageRoot } from "../../src/util/package-root.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { openCheckpoint } from "../../src/weights/checkpoint.ts";
import { fromFloat32 } from "../../src/weights/dtypes.ts";
import { writeSafetensors } from "../../src/weights/safetensors.ts";
import { tempDir } from "../helpers/temp.ts";

const folder = tempDir();
const at = (name: string) => join(folder, name);
const uniconv = (command: string) => {
  const { status, stderr } = spawnSync(process.execPath, [join(packageRoot(), "bin/uniconv.js"), ...command.split(" ")], {
    encoding: "utf8",
    cwd: folder,
  });
  expect(status, stderr).toBe(0);
};
const run = (options: Record<string, unknown>, warn: (message: string) => void = () => {}) => {
  const small = { max_steps: 1, batch_size: 2, max_query_length: 64, max_passage_length: 48, max_response_length: 16, threads: 1 };
  const parsed = TrainOptions.parse({
    input: [at("prepared")],
    model: at("base"),
    output: at("model"),
    device: "cpu",
    ...small,
    ...options,
  });
  return train(parsed, { reporter: { ...silentReporter, warn }, signal: new AbortController().signal });
};

beforeAll(() => {
  uniconv("prepare-data --dataset quickstart --output prepared --limit 20 -q");
  const sizes = "--vocab-size 400 --hidden-size 16 --num-hidden-layers 1 --num-attention-heads 2 --intermediate-size 24";
  uniconv(`init-model --input prepared --output base ${sizes} -q`);
});

/** The base model with its first tensor in another form. */
async function altered(change: (tensor: { name: string; dtype: "F32"; shape: number[]; data: Uint8Array }) => object): Promise<string> {
  const dir = tempDir();
  cpSync(at("base"), dir, { recursive: true });
  const base = await openCheckpoint(at("base"));
  const tensors = base.names().map((name) => {
    const tensor = { name, dtype: "F32" as const, shape: base.tensor(name).shape, data: fromFloat32("F32", base.readFloat32(name)) };
    return name === "model.norm.weight" ? { ...tensor, ...change(tensor) } : tensor;
  });
  await writeSafetensors(join(dir, "model.safetensors"), tensors);
  return dir;
}

describe("train refuses", () => {
  it.each([
    ["losses that all weigh nothing", { retrieval_weight: 0, gen_weight: 0, alpha: 0 }, "every loss has weight 0"],
    ["a contrast without negatives", { batch_size: 1 }, "--batch-size 1 leaves L_R without negatives"],
    ["L_CII without negatives", { batch_size: 1, hard_negatives: 2 }, "--batch-size 1 leaves L_CII without negatives"],
    ["objectives without weight", { objectives: ["retrieval"], retrieval_weight: 0 }, "every loss has weight 0"],
    ["responses of bare texts", { pooling: "mean" }, "--gen-weight, --alpha need --pooling emb"],
    ["a stage whose losses weigh nothing", { stages: [{}, { objectives: ["retrieval"], retrieval_weight: 0 }] }, "every loss has weight 0"],
    [
      "sequences longer than the model's context",
      { max_query_length: 2000, max_response_length: 49 },
      "--max-query-length 2000 + --max-response-length 49 allow conversations with their response of 2049 tokens, more than the model's context of 2048",
    ],
    [
      "prompts longer than the context",
      { max_query_length: 2001, gen_weight: 0 },
      "--max-query-length 2001 + --max-passage-length 48 allow prompts",
    ],
    ["a warm-up without a schedule", { stages: [{ warmup_steps: 3 }] }, "stages[0]: warmup_steps belongs to"],
    ["bfloat16 on the CPU", { mixed_precision: "bf16" }, "--mixed-precision bf16 needs --device cuda"],
    ["a target module the model lacks", { target_modules: ["q_prj"] }, "did you mean q_proj?"],
  ])("%s", async (_, options, message) => {
    const refused = run(options);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
  });

  it("a weight of a type it does not compute with, naming tensor, type and file", async () => {
    const model = await altered(({ data }) => ({ dtype: "F64", data: new Uint8Array(2 * data.length) }));
    const refused = run({ model });
    await expect(refused).rejects.toThrow(DataError);
    await expect(refused).rejects.toThrow(/model\.safetensors: tensor "model\.norm\.weight" is F64; F32, F16 or BF16 was expected/);
  });

  it("a weight of another shape than config.json implies", async () => {
    const refused = run({ model: await altered(({ data }) => ({ shape: [8], data: data.subarray(0, 32) })) });
    await expect(refused).rejects.toThrow(DataError);
    await expect(refused).rejects.toThrow("model.norm.weight is [8], config.json implies [16]");
  });
});

it("another prompt in the same file is other work: neither done already nor to be resumed", async () => {
  const prompt = at("mine.jinja");
  cpSync(promptPath("rag"), prompt);
  expect((await run({ prompt })).status).toBe("written");
  expect((await run({ prompt })).status).toBe("done");
  writeFileSync(prompt, `Read this.\n${readFileSync(prompt, "utf8")}`);
  await expect(run({ prompt })).rejects.toThrow(/made by other work \(prompt_sha256/);
});

it("says which losses no sample feeds and that the warm-up outlasts the run; the log counts what the update has seen", async () => {
  uniconv("prepare-data --dataset inverse-cloze --input prepared --output spans -q");
  const warnings: string[] = [];
  await run({ input: [at("spans")], output: at("searcher"), batch_size: 10, max_steps: 2, tuning: "full" }, (message) =>
    warnings.push(message),
  );
  expect(warnings).toEqual([
    "no sample feeds L_G, whose weight gen_weight is 1",
    "no sample feeds L_CII, whose weight alpha is 0.5",
    "the run ends after 2 updates, within its 50 warm-up steps: lower --warmup-steps",
  ]);
  const [line] = readFileSync(join(at("searcher"), "metrics.jsonl"), "utf8").split("\n");
  // 200 passages are 20 pools.
  expect(JSON.parse(line!)).toMatchObject({ update: 2, epoch: 0.1, L_G: 0 });
});

it("training goes on with other sequences than the model knows only with a word about it", async () => {
  const first = tempDir();
  await run({ tuning: "full", output: join(first, "model"), emb_tokens: 3 });
  const said: string[] = [];
  const again = { tuning: "full", model: join(first, "model") };
  await run({ ...again, output: join(first, "same"), emb_tokens: 3 }, (message) => said.push(message));
  expect(said.filter((message) => message.includes("was trained with"))).toEqual([]);
  await run({ ...again, output: join(first, "other"), emb_tokens: 1 }, (message) => said.push(message));
  expect(said.find((message) => message.includes("was trained with"))).toContain("emb_tokens 3, now 1");
});

it("sequences that are not asked for are those of the model it starts from, and recorded as such", async () => {
  const first = tempDir();
  const [parent, child] = [join(first, "parent"), join(first, "child")];
  const own = { pooling: "mean", query_prefix: "query: ", history_order: "recent-first", temperature: 0.2, max_query_length: 48 };
  await run({ tuning: "full", objectives: ["retrieval"], output: parent, ...own });
  const said: string[] = [];
  const given = { tuning: "full", objectives: ["retrieval"], model: parent, output: child, max_query_length: 64 };
  await run(given, (message) => said.push(message));
  const expected = { ...own, max_query_length: 64, emb_tokens: 3, passage_prefix: "" };
  expect(readSettings(child)).toMatchObject(expected);
  const { options } = JSON.parse(readFileSync(join(child, "manifest.json"), "utf8")) as { options: object };
  expect(options).toMatchObject(expected);
  expect(said.filter((message) => message.includes("was trained with"))).toEqual([
    `${parent} was trained with max_query_length 48, now 64`,
  ]);
  // What the parent was trained with decides here too: its bare texts hold no response.
  await expect(run({ ...given, objectives: ["generation"], output: join(first, "speaks") })).rejects.toThrow(
    "--pooling mean embeds bare texts",
  );
});
