/** @file What encoding and decoding make of a model directory, an adapter among them, against transformers and peft. */
import { describe, expect, test } from "vitest";
import { Embedder } from "../../src/encode/embedder.ts";
import { Decoder } from "../../src/generate/decoder.ts";
import { modelFromConfig } from "../../src/models/loader.ts";
import { Parameters } from "../../src/models/parameters.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { openModelFiles } from "../../src/weights/model-files.ts";
import { caseFolders, distance, type GoldenCase, readCase } from "./case.ts";
import { sequence } from "./step.ts";

const cases = await Promise.all(caseFolders().map(readCase));

describe.each(cases.map((golden) => [golden.name, golden] as const))("%s", (_, golden) => {
  test("the embedder gives transformers' vectors, whatever the batches", async () => {
    for (const batch_tokens of [1, 64, 100_000]) expect(await worstEmbedding(golden, { adapted: false, batch_tokens })).toBeLessThan(2e-6);
  });

  test("an adapter on its base gives peft's vectors", async () => {
    expect(await worstEmbedding(golden, { adapted: true, batch_tokens: 64 })).toBeLessThan(2e-6);
  });

  test("greedy decoding of prompts of unequal length gives transformers' tokens and logits", async () => {
    const { prompts, tokens } = golden.greedy;
    const files = await openModelFiles(golden.model);
    const model = await modelFromConfig(files.config, files.configFile);
    const parameters = () => new Parameters({ graph: new GraphBuilder(), lookup: files.weight });
    const options = { device: "cpu", threads: 1, packed: true, logits: true } as const;
    const decoder = await Decoder.open(model, parameters, { ...options, max_positions: 64 });
    const { vocab_size } = model.config;
    const seen = prompts.map((): number[] => []);
    const decoded = await decoder.decode(
      prompts.map((ids, i) => ({ id: String(i), ids: Int32Array.from(ids), visible: null })),
      {
        max_new_tokens: tokens[0]!.length,
        stopIds: new Set(),
        onStep: ({ rows, logits }) =>
          rows.forEach((row, at) => seen[row]!.push(...logits!.subarray(at * vocab_size, (at + 1) * vocab_size))),
      },
    );
    await decoder.release();
    expect(decoded.map(({ ids }) => ids)).toEqual(tokens);
    const expected = golden.outputs.get("greedy.logits")!;
    expect(distance(seen.flat(), expected)).toBeLessThan(2e-5);
  });
});

/** The largest error in any e(P) and e(R), and with an adapter in them of peft's. */
async function worstEmbedding(golden: GoldenCase, { adapted, batch_tokens }: { adapted: boolean; batch_tokens: number }): Promise<number> {
  const files = await (adapted ? openModelFiles(golden.adapter, { baseModel: golden.model }) : openModelFiles(golden.model));
  const model = await modelFromConfig(files.config, files.configFile);
  const options = { device: "cpu", threads: 1, normalize: true, max_length: 64, padId: 2, batch_tokens } as const;
  const embedder = await Embedder.open({ files, model }, options);
  const names = golden.samples.flatMap((sample, i) => (["P", "R"] as const).map((kind) => ({ name: `e.${kind}.${i}`, of: sample[kind] })));
  const vectors = await embedder.embed(
    names.map(({ of }) => sequence(of)),
    { describe: String, onBatch: () => {} },
  );
  await embedder.release();
  const expected = adapted ? golden.lowRank : golden.outputs;
  const size = embedder.dimension;
  return Math.max(...names.map(({ name }, at) => distance(vectors.subarray(at * size, (at + 1) * size), expected.get(name)!)));
}
