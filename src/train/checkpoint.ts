/** @file Checkpoints of a run in progress: parameters, moments and the update they belong to, whole or absent. */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { SCRATCH } from "../util/artifact.ts";
import { DataError } from "../util/errors.ts";
import { fsyncPath, makeFolder, readJson, writeFileAtomic } from "../util/files.ts";
import { sha256File } from "../util/hash.ts";
import { attempt } from "../util/io-errors.ts";
import { stringify } from "../util/json.ts";
import { readTensorBytes, tensorsOf } from "../weights/checkpoint.ts";
import { toFloat32 } from "../weights/dtypes.ts";
import { writeSafetensors } from "../weights/safetensors.ts";
import type { AdamWState } from "./optimizer.ts";

export interface TrainState {
  parameters: Map<string, Float32Array>;
  adam: AdamWState;
}

const TENSORS = "state.safetensors";
const LossScale = z.strictObject({ scale: z.number().positive(), finite: z.int().min(0), skipped: z.int().min(0) });
const StateFile = z.strictObject({ updates: z.int().min(0), sha256: z.string(), loss_scale: LossScale.optional() });

const folderOf = (draft: string): string => join(draft, SCRATCH);
const nameOf = (updates: number): string => `update-${String(updates).padStart(9, "0")}`;

/** Writes the checkpoint of update `adam.updates`; only when it is on the disk, all but the `keep` newest are removed. */
export async function saveCheckpoint(draft: string, { parameters, adam }: TrainState, { keep }: { keep: number }): Promise<void> {
  const folder = folderOf(draft);
  const final = join(folder, nameOf(adam.updates));
  if (existsSync(final)) return;
  const writing = `${final}.writing`;
  makeFolder(writing);
  const groups = [
    ["p", parameters],
    ["m", adam.m],
    ["v", adam.v],
  ] as const;
  const tensors = groups.flatMap(([group, values]) =>
    [...values].map(([name, data]) => ({
      name: `${group}.${name}`,
      dtype: "F32" as const,
      shape: [data.length],
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
  );
  await writeSafetensors(join(writing, TENSORS), tensors);
  const { updates, loss_scale } = adam;
  const state = { updates, sha256: sha256File(join(writing, TENSORS)), ...(loss_scale && { loss_scale }) };
  writeFileAtomic(join(writing, "state.json"), `${stringify(state)}\n`);
  attempt(final, "rename", () => renameSync(writing, final));
  fsyncPath(folder);
  for (const old of checkpoints(draft).slice(0, -keep)) rmSync(join(folder, old), { recursive: true });
}

/**
 * Reads the newest whole checkpoint into `parameters`; null where there is none. A damaged one is removed for the one before it:
 * it would stand in the way when the run comes to its update again, and count among the newest that are kept.
 */
export async function loadCheckpoint(
  draft: string,
  parameters: Map<string, Float32Array>,
  warn: (message: string) => void,
): Promise<AdamWState | null> {
  for (const name of checkpoints(draft).toReversed()) {
    const folder = join(folderOf(draft), name);
    try {
      return await readState(folder, parameters);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      warn(`${folder} is damaged (${error.message}); removing it and taking the one before it`);
      attempt(folder, "remove", () => rmSync(folder, { recursive: true }));
    }
  }
  return null;
}

/** The updates a run can be resumed from, oldest first. */
export function checkpointUpdates(draft: string): number[] {
  return checkpoints(draft).map((name) => Number(name.slice(name.indexOf("-") + 1)));
}

/** What a run that broke off can go on from, in words. */
export function describeLastCheckpoint(draft: string): string | undefined {
  const newest = checkpoints(draft).at(-1);
  return newest === undefined
    ? undefined
    : `the last good checkpoint is that of update ${Number(newest.slice(newest.indexOf("-") + 1))}, ${join(folderOf(draft), newest)}`;
}

function checkpoints(draft: string): string[] {
  const folder = folderOf(draft);
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /^update-\d+$/.test(name))
        .sort()
    : [];
}

async function readState(folder: string, parameters: Map<string, Float32Array>): Promise<AdamWState> {
  const state = StateFile.safeParse(readJson(join(folder, "state.json")));
  if (!state.success) throw new DataError("is no checkpoint state", { file: join(folder, "state.json") });
  const { updates, loss_scale } = state.data;
  if (nameOf(updates) !== basename(folder)) throw new DataError(`says update ${updates}`, { file: join(folder, "state.json") });
  const file = join(folder, TENSORS);
  if (sha256File(file) !== state.data.sha256) throw new DataError("does not have the sha256 of state.json", { file });
  const tensors = await tensorsOf(file);
  const read = (name: string, length: number): Float32Array => {
    const ref = tensors.get(name);
    if (ref?.length !== 4 * length) throw new DataError(`has no tensor ${name} of ${length} numbers`, { file });
    return toFloat32("F32", readTensorBytes(ref));
  };
  const names = [...parameters];
  const adam = {
    updates,
    ...(loss_scale && { loss_scale }),
    m: new Map(names.map(([name, { length }]) => [name, read(`m.${name}`, length)])),
    v: new Map(names.map(([name, { length }]) => [name, read(`v.${name}`, length)])),
  };
  for (const [name, data] of names) data.set(read(`p.${name}`, data.length));
  return adam;
}
