/** @file The training job by itself: killed after it has exported, before the artifact is sealed, it has nothing to do again. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Job } from "../../src/engine/messages.ts";
import { TrainOptions } from "../../src/schema/options/train.ts";
import { freshLora } from "../../src/train/init-adapter.ts";
import { settingsFor } from "../../src/text/from-settings.ts";
import { run } from "../../src/train/job.ts";
import { writeArtifact } from "../../src/util/artifact.ts";
import { IoError } from "../../src/util/errors.ts";
import { packageRoot } from "../../src/util/package-root.ts";
import { tempDir } from "../helpers/temp.ts";

it("keeps its checkpoints until the artifact is sealed: a run stopped in between resumes behind its last update", async () => {
  const folder = tempDir();
  const uniconv = (command: string) =>
    expect(spawnSync(process.execPath, [join(packageRoot(), "bin/uniconv.js"), ...command.split(" ")], { cwd: folder }).status).toBe(0);
  uniconv("prepare-data --dataset quickstart --output prepared --limit 20 -q");
  uniconv(
    "init-model --input prepared --output base --vocab-size 400 --hidden-size 16 --num-hidden-layers 1 --num-attention-heads 2 --intermediate-size 24 -q",
  );
  const at = (name: string) => join(folder, name);
  const small = { max_steps: 2, save_steps: 2, batch_size: 2, max_query_length: 64, max_passage_length: 48, max_response_length: 16 };
  const given = { input: [at("prepared")], model: at("base"), output: at("model"), device: "cpu", tuning: "full" };
  const parsed = TrainOptions.parse({ ...given, ...small });
  const options = { ...parsed, ...settingsFor(at("base"), parsed), ...freshLora(parsed) };
  const infos: string[] = [];
  const steps: number[] = [];
  const job = {
    report: ({ done }: { done: number }) => steps.push(done),
    info: (message: string) => infos.push(message),
    warn: () => {},
    stopping: false,
    metric: () => {},
  } as unknown as Job;
  const attempt = (resume: boolean, fails: boolean) =>
    writeArtifact(
      { output: at("model"), kind: "model", command: "train", options: {}, seed: 0, inputs: [], resume, overwrite: false },
      async (draft) => {
        await run({ options, threads: 1, dir: draft.dir, files: [join(at("prepared"), "train.jsonl")] }, job);
        // What was written is not what lies there: sealing stops, as it does on a full disk.
        if (fails) draft.digests.set("model.safetensors", { sha256: "", bytes: 1, rows: 0 });
      },
    );
  await expect(attempt(false, true)).rejects.toThrow(IoError);
  expect(steps).toEqual([1, 2]);
  const weights = readFileSync(join(at("model.partial"), "model.safetensors"));
  const { manifest } = await attempt(true, false);
  expect(steps).toEqual([1, 2]);
  expect(infos).toContain("resumed after update 2 of 2");
  expect(readFileSync(join(at("model"), "model.safetensors")).equals(weights)).toBe(true);
  expect(existsSync(join(at("model"), "checkpoints"))).toBe(false);
  const listed = manifest.files.map(({ path }) => path);
  expect(listed.toSorted()).toEqual(
    readdirSync(at("model"))
      .filter((name) => !["manifest.json", "timing.jsonl", "runs"].includes(name))
      .toSorted(),
  );
});
