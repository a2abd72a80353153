/** @file What a run says when it starts, and when its numbers are no numbers any more. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { PrepareDataOptions } from "../../src/schema/options/prepare-data.ts";
import { TrainOptions } from "../../src/schema/options/train.ts";
import { prepareData } from "../../src/prepare/prepare-data.ts";
import { train } from "../../src/train/train.ts";
import { CheckFailed } from "../../src/util/errors.ts";
import { buildEngine, listen, tinyModel } from "../helpers/small-world.ts";
import { tempDir } from "../helpers/temp.ts";

const folder = tempDir();
const at = (name: string) => join(folder, name);
const SMALL = { batch_size: 2, max_query_length: 64, max_passage_length: 48, max_response_length: 16, warmup_steps: 0, threads: 1 };
const options = (own: Record<string, unknown>) =>
  TrainOptions.parse({ input: [at("prepared")], model: at("base"), device: "cpu", tuning: "full", ...SMALL, ...own });

beforeAll(async () => {
  buildEngine();
  await prepareData(PrepareDataOptions.parse({ dataset: "quickstart", output: at("prepared"), limit: 12 }), listen());
  await tinyModel(at("base"), { text: join(at("prepared"), "passages.jsonl") });
});

it("a run begins with its first sequences, then the losses of its first update", async () => {
  const context = listen();
  await train(options({ output: at("model"), max_steps: 2 }), context);
  const [sequences, losses] = [/^The first sequences of the run/, /^update 1 of 2: L /].map((start) =>
    context.messages.findIndex((message) => start.test(message)),
  );
  expect(sequences).toBeGreaterThanOrEqual(0);
  expect(losses).toBeGreaterThan(sequences!);
  for (const pass of ["G", "P", "X", "R"]) expect(context.messages[sequences!]).toMatch(new RegExp(`^ {2}${pass}, .*tokens, EMB 3`, "m"));
  expect(context.messages[losses!]).toMatch(/L_R .* L_CII .* L_G .* norm .* lr 1\.0e-4 \d+ tok\/s$/);
});

it("a run whose losses are no numbers stops, naming the update and the last good checkpoint", async () => {
  const diverging = { learning_rate: 1e30, max_grad_norm: 0, max_steps: 9, save_steps: 1, output: at("diverged") };
  const failed = train(options(diverging), listen());
  await expect(failed).rejects.toThrow(CheckFailed);
  const { message } = (await failed.catch((error: unknown) => error)) as Error;
  const [, update, , checkpoint, path] =
    /^training diverged at update (\d+): (.*NaN|.*Infinity).*the last good checkpoint is that of update (\d+), (\S+)\. Lower/.exec(
      message,
    ) ?? [];
  expect(Number(checkpoint), message).toBe(Number(update) - 1);
  expect(existsSync(path!)).toBe(true);
});

it("weights that overflow in the very last update are not written", async () => {
  const failed = train(options({ learning_rate: 1e39, lr_scheduler_type: "constant", max_steps: 1, output: at("overflow") }), listen());
  await expect(failed).rejects.toThrow(/^training diverged at update 1: .* holds numbers that are not finite.*there is no checkpoint yet/);
  expect(existsSync(at("overflow"))).toBe(false);
});
