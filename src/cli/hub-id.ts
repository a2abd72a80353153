/** @file A model is a directory; a Hugging Face hub id is answered with the command that makes one. */
import { existsSync } from "node:fs";
import { UsageError } from "../util/errors.ts";

const MODEL_KEYS = ["model", "base_model", "init_adapter"];
const HUB_ID = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

export function refuseHubIds(options: Record<string, unknown>): void {
  for (const key of MODEL_KEYS) {
    const value = options[key];
    if (typeof value !== "string" || !HUB_ID.test(value) || existsSync(value)) continue;
    const flag = `--${key.replace("_", "-")}`;
    const folder = value.split("/")[1]!;
    throw new UsageError(
      `${flag} ${value}: there is no such directory. If it is a model of the Hugging Face hub, download it first (uniconv uses no network):\n` +
        `  hf download ${value} --local-dir ${folder}\nthen: ${flag} ${folder}`,
    );
  }
}
