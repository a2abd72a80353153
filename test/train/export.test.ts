/** @file The directory of a trained model: nothing in it is stale, and inference finds what training used. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { modelFromConfig } from "../../src/models/loader.ts";
import { TrainOptions } from "../../src/schema/options/train.ts";
import { freshLora } from "../../src/train/init-adapter.ts";
import { SequenceSettings } from "../../src/schema/settings.ts";
import { promptPath, readSettings, settingsFor } from "../../src/text/from-settings.ts";
import { loadRagPrompt } from "../../src/text/rag-prompt.ts";
import { exportModel } from "../../src/train/export.ts";
import { packageRoot } from "../../src/util/package-root.ts";
import { openCheckpoint } from "../../src/weights/checkpoint.ts";
import { fromFloat32 } from "../../src/weights/dtypes.ts";
import { writeSafetensors } from "../../src/weights/safetensors.ts";
import { tempDir } from "../helpers/temp.ts";

/** Exports the golden tied model, saved with `lm_head.weight` beside its embedding as some libraries do, after every weight moved by 1. */
async function exportTied(prompt?: string) {
  const golden = join(packageRoot(), "test/golden/llama/tied/model");
  const [copy, dir] = [tempDir(), tempDir()];
  cpSync(golden, copy, { recursive: true });
  const source = await openCheckpoint(golden);
  const stored = source.names().map((name) => ({ name, shape: source.tensor(name).shape, data: source.readFloat32(name) }));
  const head = { ...stored.find(({ name }) => name === "model.embed_tokens.weight")!, name: "lm_head.weight" };
  const tensors = [...stored, head].map((tensor) => ({ ...tensor, dtype: "F32" as const, data: fromFloat32("F32", tensor.data) }));
  await writeSafetensors(join(copy, "model.safetensors"), tensors);

  const base = await openCheckpoint(copy);
  const model = await modelFromConfig(base.config, join(copy, "config.json"));
  const parameters = new Map([...model.weights().keys()].map((name) => [name, base.readFloat32(name).map((x) => x + 1)]));
  const given = TrainOptions.parse({ input: ["prepared"], model: copy, output: dir, tuning: "full" });
  const options = { ...given, ...settingsFor(copy, given), ...freshLora(given) };
  await exportModel({
    dir,
    base,
    model,
    options,
    settings: SequenceSettings.parse({ ...(prompt && { prompt }) }),
    parameters,
    shapes: model.weights(),
  });
  return { dir, base, parameters };
}

it("a full model holds the trained weights and no stale copy of a tied head, which transformers would use", async () => {
  const { dir, base, parameters } = await exportTied();
  expect(base.has("lm_head.weight")).toBe(true);
  const exported = await openCheckpoint(dir);
  expect(exported.config["tie_word_embeddings"]).toBe(true);
  expect(exported.names().sort()).toEqual([...parameters.keys()].sort());
  for (const [name, data] of parameters) expect(exported.readFloat32(name)).toEqual(data);
});

it("a prompt file of the user's own goes with the model, and a name in prompts/ stays a name", async () => {
  expect(readSettings((await exportTied()).dir)!.prompt).toBe("rag");
  const file = join(tempDir(), "mine.jinja");
  writeFileSync(file, `Read this.\n${readFileSync(promptPath("rag"), "utf8")}`);
  const { hash } = loadRagPrompt(file);
  const { dir } = await exportTied(file);
  rmSync(file);
  expect(loadRagPrompt(promptPath(readSettings(dir)!.prompt)).hash).toBe(hash);
});
