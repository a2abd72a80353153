/** @file What the settings beyond the paper make of a pool: distinct responses, earlier responses, passages as responses, the late mask. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TrainSample } from "../../src/schema/records.ts";
import type { Sequence } from "../../src/text/sequence.ts";
import type { SequenceBuilder } from "../../src/text/sequences.ts";
import { composePool, type PoolOptions } from "../../src/train/pool.ts";
import { contrastiveFeeds, passFeeds } from "../../src/train/step-feeds.ts";
import type { Tensor } from "../../src/onnx/session.ts";

const options: PoolOptions = {
  seed: 0,
  hard_negatives: 0,
  distractors: 0,
  mask_duplicate_passages: true,
  mask_duplicate_responses: true,
  passes: ["G", "P", "X", "R"],
  generation: true,
  rag: false,
};

/** Keeps what it is asked for where a sequence would be. */
const kept =
  (kind: string, read: (...parts: never[]) => string) =>
  (...parts: never[]) => ({ kind, text: read(...parts) });
const builder = {
  query: kept("Q", (turn: TrainSample) => turn.question),
  generation: kept("G", (_: TrainSample, response: string) => response),
  passage: kept("P", ({ id }: { id: string }) => id),
  response: kept("R", (text: string) => text),
  identification: kept("X", (turn: TrainSample) => turn.id),
} as unknown as SequenceBuilder;
const textsOf = (sequences: readonly Sequence[] | undefined) => (sequences as unknown as { text: string }[]).map(({ text }) => text);

const sample = (id: string, response: string, earlier: readonly string[] = []): TrainSample => ({
  id,
  source: "a",
  positive: "gold",
  objectives: ["retrieval", "generation", "context-identification"],
  history: earlier.map((text) => ({ question: "?", response: text })),
  question: `question ${id}`,
  positives: [{ id: `p${id}`, title: "Title", text: `text ${id}` }],
  negatives: [],
  responses: [{ text: response, evidence: [] }],
});

/** −log softmax of the scores, by the feeds the graph gets. */
function lossOf(feed: Parameters<typeof contrastiveFeeds>[1], scores: (row: number, candidate: number) => number): number {
  const feeds = contrastiveFeeds("identification", feed);
  const [rows, columns] = (feeds["identification.bias"] as Tensor).shape as [number, number];
  const read = (name: string) => Array.from((feeds[`identification.${name}`] as Tensor<Float32Array>).data, Number);
  const [labels, bias, weights] = [read("labels"), read("bias"), read("weights")];
  return Array.from({ length: rows }, (_, row) => {
    const exps = Array.from({ length: columns }, (_none, at) => Math.exp(scores(row, at) + bias[row * columns + at]!));
    return -weights[row]! * Math.log(exps[labels[row]!]! / exps.reduce((sum, x) => sum + x, 0));
  }).reduce((sum, loss) => sum + loss, 0);
}

const words = fc.array(fc.constantFrom("Yes", "No", "UNANSWERABLE", "in 1929", "at sea"), { minLength: 1, maxLength: 7 });
/** Any score will do, if both sides take the same one for the same texts. */
const scoreOf = (row: string, text: string) =>
  Math.sin(row.length * 7 + ([...row, ...text].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7) % 97));

describe("cii_only_distinct", () => {
  it("gives the loss of the pool without the samples whose response occurs twice in it", () => {
    fc.assert(
      fc.property(words, (responses) => {
        const samples = responses.map((response, at) => sample(String(at), response));
        const { sequences, identification } = composePool(samples, 0, builder, { ...options, cii_only_distinct: true });
        const alone = samples.filter(({ responses: [own] }) => responses.filter((other) => other === own!.text).length === 1);
        if (alone.length === 0) {
          expect(identification.labels).toEqual([null]);
          return;
        }
        const [rows, candidates] = [textsOf(sequences.X), textsOf(sequences.R)];
        expect(rows).toEqual(alone.map(({ id }) => id));
        const expected = alone.map((row) => {
          const scores = alone.map((other) => Math.exp(scoreOf(row.id, other.responses[0]!.text)));
          return -Math.log(Math.exp(scoreOf(row.id, row.responses[0]!.text)) / scores.reduce((sum, x) => sum + x, 0)) / alone.length;
        });
        const found = lossOf(identification, (row, at) => scoreOf(rows[row]!, candidates[at]!));
        expect(found).toBeCloseTo(
          expected.reduce((sum, x) => sum + x, 0),
          5,
        );
      }),
    );
  });

  it("leaves the RAG loss of the others alone: their prompts stay, without a place in the contrast", () => {
    const samples = [sample("1", "Yes"), sample("2", "Yes"), sample("3", "at sea")];
    const { identification, learnsResponse, sequences } = composePool(samples, 0, builder, {
      ...options,
      cii_only_distinct: true,
      rag: true,
    });
    expect(learnsResponse.X).toEqual([true, true, true]);
    expect(identification.labels).toEqual([null, null, 0]);
    expect(textsOf(sequences.R)).toEqual(["at sea"]);
  });
});

describe("cii_distractors", () => {
  it("adds earlier responses of the conversation as candidates of every row: the loss is InfoNCE over them all", () => {
    const samples = [sample("1", "at sea", ["No", "in 1929", "No", "at sea", ""]), sample("2", "Yes", ["in 1929"]), sample("3", "No")];
    const { sequences, identification } = composePool(samples, 0, builder, { ...options, cii_distractors: 2 });
    const candidates = textsOf(sequences.R);
    // What was answered before: each text once, never the answer itself, never the empty one.
    expect(candidates.toSorted()).toEqual(["No", "No", "Yes", "at sea", "in 1929", "in 1929"]);
    const score = (row: number, at: number) => scoreOf(samples[row]!.id, candidates[at]!);
    const rows = samples.map(({ responses: [own] }, row) => {
      const label = identification.labels[row]!;
      expect(candidates[label]).toBe(own!.text);
      // Another "No" is no negative of the sample that answers "No".
      const counted = candidates.flatMap((text, at) => (at === label || text !== own!.text ? [Math.exp(score(row, at))] : []));
      return -Math.log(Math.exp(score(row, label)) / counted.reduce((sum, x) => sum + x, 0)) / samples.length;
    });
    expect(lossOf(identification, score)).toBeCloseTo(
      rows.reduce((sum, x) => sum + x, 0),
      5,
    );
  });

  it("gives a sample that is alone in its pool something to be told from, drawn by seed and epoch", () => {
    const alone = [sample("1", "at sea", ["a", "b", "c", "d"])];
    const drawn = (epoch: number, seed = 0) =>
      textsOf(composePool(alone, epoch, builder, { ...options, seed, cii_distractors: 2 }).sequences.R);
    expect(drawn(0)).toHaveLength(3);
    expect(drawn(3)).toEqual(drawn(3));
    expect(new Set([0, 1, 2, 3, 4, 5].map((epoch) => drawn(epoch).toSorted().join())).size).toBeGreaterThan(1);
    expect(lossOf(composePool(alone, 0, builder, { ...options, cii_distractors: 2 }).identification, () => 0)).toBeCloseTo(Math.log(3), 6);
  });
});

describe("responses: passage", () => {
  it("puts the positive passage in the response's place, in G and in R; a sample without a passage keeps its answer", () => {
    const speaks: TrainSample = { ...sample("2", "spoken"), positives: [], objectives: ["generation"] };
    const { sequences, learnsResponse } = composePool([sample("1", "Yes"), speaks], 0, builder, { ...options, responses: "passage" });
    expect(textsOf(sequences.G)).toEqual(["Title. text 1", "spoken"]);
    expect(textsOf(sequences.R)).toEqual(["Title. text 1"]);
    expect(learnsResponse.G).toEqual([true, true]);
    expect(textsOf(composePool([sample("1", "Yes")], 0, builder, options).sequences.G)).toEqual(["Yes"]);
  });
});

describe("mask_compat: chatretriever", () => {
  it("lets exactly the first response row see the session: i ≥ N+t+1 in the place of i ≥ N+t", () => {
    const [N, t, T] = [5, 2, 4];
    const sequence = {
      ids: new Int32Array(N + t + T),
      emb: { start: N, length: t },
      response: { start: N + t, length: T },
      dropped: { pairs: 0, question_tokens: 0, passages: 0, passage_tokens: 0, response_tokens: 0 },
      passages: [],
    };
    const seen = (late: boolean) => {
      const feeds = passFeeds({ pass: "G", sequences: [sequence], padId: 0, hole: true, late, padTo: 1 });
      const [start, end] = ["start", "end"].map((name) => Array.from(feeds[`G.hole_${name}`]!.data, Number));
      return Array.from({ length: N + t + T }, (_, i) =>
        Array.from({ length: N + t + T }, (_none, j) => j <= i && !(j >= start![i]! && j < end![i]!)),
      );
    };
    const rule = (from: number) =>
      Array.from({ length: N + t + T }, (_, i) => Array.from({ length: N + t + T }, (_none, j) => j <= i && !(i >= from && j < N)));
    expect(seen(false)).toEqual(rule(N + t));
    expect(seen(true)).toEqual(rule(N + t + 1));
  });
});
