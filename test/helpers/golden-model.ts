/** @file A golden checkpoint, with or without its adapter, opened as inference opens a user's. */
import type { Model } from "../../src/models/family.ts";
import { modelFromConfig } from "../../src/models/loader.ts";
import { Parameters } from "../../src/models/parameters.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { type ModelFiles, openModelFiles } from "../../src/weights/model-files.ts";
import type { GoldenCase } from "../golden/case.ts";

export interface OpenedModel {
  files: ModelFiles;
  model: Model;
  /** Over a fresh graph. */
  parameters(): Parameters;
}

export async function openGolden(golden: GoldenCase, { adapter = false } = {}): Promise<OpenedModel> {
  return openModel(adapter ? golden.adapter : golden.model, adapter ? golden.model : undefined);
}

export async function openModel(dir: string, baseModel?: string): Promise<OpenedModel> {
  const files = await openModelFiles(dir, { baseModel });
  const model = await modelFromConfig(files.config, files.configFile);
  const parameters = () =>
    new Parameters({
      graph: new GraphBuilder(),
      lookup: files.weight,
      lora: files.adapter,
      adapters: files.adapter && files.adapter.weight,
    });
  return { files, model, parameters };
}
