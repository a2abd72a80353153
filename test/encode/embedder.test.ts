/** @file Vectors do not depend on their batch, and are those the training graph computes. */
import { expect, test } from "vitest";
import { Embedder } from "../../src/encode/embedder.ts";
import { normalized } from "../../src/losses/contrastive.ts";
import { selectRows } from "../../src/losses/rows.ts";
import { runPass } from "../../src/models/pass.ts";
import { floatsOf, Session } from "../../src/onnx/session.ts";
import type { Sequence } from "../../src/text/sequence.ts";
import { embeddingFeeds, paddedLength, passFeeds } from "../../src/train/step-feeds.ts";
import { caseFolders, distance, readCase } from "../golden/case.ts";
import { openGolden } from "../helpers/golden-model.ts";

const golden = await readCase(caseFolders()[0]!);
const G = golden.samples.map((sample) => sample.G as unknown as Sequence);
const Q = G.map((sequence): Sequence => ({
  ...sequence,
  ids: Int32Array.from(sequence.ids.slice(0, sequence.emb!.start + sequence.emb!.length)),
  response: null,
}));
const hooks = { describe: String, onBatch: () => {} };

async function embed(sequences: readonly Sequence[], { batch_tokens = 4096, normalize = true } = {}): Promise<Float32Array> {
  const opened = await openGolden(golden);
  const embedder = await Embedder.open(opened, { device: "cpu", threads: 1, normalize, max_length: 64, padId: 2, batch_tokens });
  const vectors = await embedder.embed(sequences, hooks);
  await embedder.release();
  return vectors;
}

test("neither the batch nor its padding nor the order changes a vector beyond 1e-6", async () => {
  const alone = await embed(Q, { batch_tokens: 1 });
  expect(distance(await embed(Q), alone)).toBeLessThan(1e-6);
  const size = alone.length / Q.length;
  const backwards = await embed([...Q].reverse());
  Q.forEach((_, i) => {
    const other = Q.length - 1 - i;
    expect(distance(backwards.subarray(other * size, (other + 1) * size), alone.subarray(i * size, (i + 1) * size))).toBeLessThan(1e-6);
  });
});

for (const normalize of [true, false])
  test(`e(Q) is what training reads from G's own masked pass (normalize ${normalize})`, async () => {
    const { model, parameters } = await openGolden(golden);
    const weights = parameters();
    const { hidden } = runPass(model, weights, { name: "G", hole: true, max_positions: 128 });
    const rows = selectRows(weights.graph, hidden, weights.graph.input("G.emb_rows", "int64", ["G.E"]));
    weights.graph.output("e", normalize ? normalized(weights.graph, rows) : rows);
    const session = await Session.create(weights.graph, { device: "cpu", threads: 1, optimize: false });
    const width = paddedLength(Math.max(...G.map(({ ids }) => ids.length)), 8);
    const trained = await session.run({
      ...passFeeds({ pass: "G", sequences: G, padId: 2, hole: true, padTo: 8 }),
      ...embeddingFeeds({ pass: "G", sequences: G, width }),
    });
    await session.release();
    expect(distance(await embed(Q, { normalize }), floatsOf(trained, "e"))).toBeLessThan(1e-5);
  });

test("a vector that is not finite stops with the name of its text", async () => {
  const opened = await openGolden(golden);
  const overflowing = {
    ...opened.files,
    weight: (name: string) => opened.files.weight(name),
    config: opened.files.config,
  };
  const model = { ...opened.model, forward: overflow(opened.model.forward) };
  const embedder = await Embedder.open(
    { files: overflowing, model },
    { device: "cpu", threads: 1, normalize: true, max_length: 64, padId: 2, batch_tokens: 64 },
  );
  await expect(embedder.embed(Q, { describe: (row) => `passage "p${row}"`, onBatch: () => {} })).rejects.toThrow(
    /^the vector of passage "p\d" is not finite/,
  );
  await embedder.release();
});

/** The same pass with its states beyond what float32 holds. */
function overflow(forward: Awaited<ReturnType<typeof openGolden>>["model"]["forward"]): typeof forward {
  return (parameters, inputs) => {
    const made = forward(parameters, inputs);
    const { graph } = parameters;
    return { ...made, hidden: graph.op("Mul", [made.hidden, graph.scalar(1e38)]) };
  };
}
