/** @file Poolings of existing embedding models, on the hidden states transformers computed: in encoding and in training. */
import { describe, expect, test } from "vitest";
import { Embedder } from "../../src/encode/embedder.ts";
import { type Feeds, Session } from "../../src/onnx/session.ts";
import type { SequenceSettings } from "../../src/schema/settings.ts";
import type { Sequence } from "../../src/text/sequence.ts";
import { poolFeeds } from "../../src/train/pool-feeds.ts";
import { buildStep } from "../../src/train/step-graph.ts";
import { Stepper } from "../../src/train/stepper.ts";
import { WholePool } from "../../src/train/whole-pool.ts";
import type { StoredTensor } from "../../src/models/parameters.ts";
import { Rng } from "../../src/util/rng.ts";
import { openCheckpoint } from "../../src/weights/checkpoint.ts";
import { openGolden } from "../helpers/golden-model.ts";
import { caseFolders, distance, readCase } from "./case.ts";

type Pooling = Exclude<SequenceSettings["pooling"], "emb">;
const POOLINGS: Pooling[] = ["last", "mean", "cls"];
const cases = await Promise.all(caseFolders().map(readCase));
const golden = cases.find(({ name }) => name === "llama/tied")!;
const nothing = { pairs: 0, question_tokens: 0, passages: 0, passage_tokens: 0, response_tokens: 0 };

/** A golden sequence's first `length` tokens as a bare text, with the span that `pooling` reads. */
function bare(ids: readonly number[], pooling: Pooling): Sequence {
  const emb = { last: { start: ids.length - 1, length: 1 }, cls: { start: 0, length: 1 }, mean: { start: 0, length: ids.length } }[pooling];
  return { ids: Int32Array.from(ids), emb, response: null, dropped: nothing, passages: [] };
}

/** The pooled state by its definition, in double precision, from rows [n, size]. */
function pooled(hidden: Float32Array, { count, size, pooling }: { count: number; size: number; pooling: Pooling }): number[] {
  const rows = Array.from({ length: count }, (_, row) => [...hidden.subarray(row * size, (row + 1) * size)]);
  if (pooling === "cls") return rows[0]!;
  if (pooling === "last") return rows.at(-1)!;
  return rows[0]!.map((_, at) => rows.reduce((sum, row) => sum + row[at]!, 0) / count);
}

const unit = (x: readonly number[]) => x.map((value) => value / Math.hypot(...x));

describe.each(cases.map((each) => [each.name, each] as const))("%s", (_, each) => {
  test.each(POOLINGS)("pooling %s of padded batches is that of transformers' states, padding left out", async (pooling) => {
    const opened = await openGolden(each);
    const options = { device: "cpu", threads: 1, normalize: false, max_length: 64, padId: 2, batch_tokens: 4096 } as const;
    const embedder = await Embedder.open(opened, { ...options, pooling });
    const texts = each.samples.flatMap((sample, i) =>
      (["P", "R"] as const).map((kind) => ({ ids: sample[kind].ids, name: `hidden.${kind}.${i}` })),
    );
    const vectors = await embedder.embed(
      texts.map(({ ids }) => bare(ids, pooling)),
      { describe: String, onBatch: () => {} },
    );
    await embedder.release();
    const size = embedder.dimension;
    texts.forEach(({ ids, name }, at) => {
      const expected = pooled(each.outputs.get(name)!, { count: ids.length, size, pooling });
      expect(distance(vectors.subarray(at * size, (at + 1) * size), expected), name).toBeLessThan(1e-5);
    });
  });
});

/** A retrieval-only step over bare texts: Q is what stands before the response in G, whose states the session mask leaves alone. */
async function retrievalStep(pooling: Pooling) {
  const checkpoint = await openCheckpoint(golden.model);
  const { model } = await openGolden(golden);
  const objective = {
    retrieval_weight: 1,
    gen_weight: 0,
    alpha: 0,
    gen_rag_weight: 0,
    temperature: 0.5,
    normalize: true,
    session_mask: true,
    pooling,
  };
  const step = buildStep(model, (name) => checkpoint.tensor(name) as StoredTensor, {
    objective,
    max_positions: 64,
    row_blocks: 1,
    lora: null,
  });
  const session = await Session.create(step.graph, { device: "cpu", threads: 1, optimize: false });
  const parameters = new Map([...step.trained.keys()].map((name) => [name, checkpoint.readFloat32(name)]));
  const queries = golden.samples.map(({ G }) => G.ids.slice(0, G.response!.start));
  const passages = golden.samples.map(({ P }) => P.ids);
  const none = golden.samples.map(() => false);
  const contrast = { labels: golden.samples.map((_, i) => i), masked: [], candidates: passages.length };
  const feeds = poolFeeds(
    {
      id: "golden",
      sequences: { G: queries.map((ids) => bare(ids, pooling)), P: passages.map((ids) => bare(ids, pooling)) },
      retrieval: contrast,
      identification: contrast,
      learnsResponse: { G: none, X: none },
    },
    { objective, gen_reduction: "sample", padId: 2, padTo: 8, row_blocks: 1 },
  );
  return {
    stepper: new Stepper(new WholePool({ step, session, parameters, feedsOf: (own: Feeds) => own }), parameters),
    feeds,
    queries,
    passages,
    size: model.config.hidden_size,
    session,
  };
}

test.each(POOLINGS)("L_R with pooling %s is InfoNCE over the pooled states of transformers", async (pooling) => {
  const { stepper, feeds, queries, passages, size, session } = await retrievalStep(pooling);
  const { losses } = await stepper.gradients(feeds);
  await session.release();
  const vectors = (kind: "G" | "P", texts: readonly number[][]) =>
    texts.map((ids, i) => unit(pooled(golden.outputs.get(`hidden.${kind}.${i}`)!, { count: ids.length, size, pooling })));
  const [q, p] = [vectors("G", queries), vectors("P", passages)];
  const rows = q.map((query, i) => {
    const scores = p.map((passage) => passage.reduce((sum, x, at) => sum + x * query[at]!, 0) / 0.5);
    return Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - scores[i]!;
  });
  expect(losses.L_R).toBeCloseTo(
    rows.reduce((sum, row) => sum + row / rows.length, 0),
    5,
  );
});

test("the gradient through the mean agrees with central differences along a random direction", async () => {
  const { stepper, feeds, session } = await retrievalStep("mean");
  const { gradients } = await stepper.gradients(feeds);
  const rng = new Rng("mean pooling");
  for (const name of ["model.norm.weight", "model.layers.0.self_attn.q_proj.weight", "model.layers.1.mlp.down_proj.weight"]) {
    const gradient = gradients.get(name)!;
    const data = stepper.parameters.get(name)!;
    const norm = Math.hypot(...gradient);
    const direction = gradient.map((g) => g / norm + (0.5 * rng.normal()) / Math.sqrt(gradient.length));
    const start = data.slice();
    const lossAt = async (step: number) => {
      data.set(start.map((x, i) => x + step * direction[i]!));
      return (await stepper.gradients(feeds)).losses.L;
    };
    const step = 4e-3;
    const numeric = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
    data.set(start);
    const analytic = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
    expect(Math.abs(numeric - analytic), name).toBeLessThan(0.02 * Math.abs(analytic) + 2e-4);
  }
  await session.release();
});
