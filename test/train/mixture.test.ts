/** @file Which samples make which pool, and what counts as a negative in it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TrainSample } from "../../src/schema/records.ts";
import type { SequenceBuilder } from "../../src/text/sequences.ts";
import { mixture } from "../../src/train/mixture.ts";
import { composePool, type PoolOptions } from "../../src/train/pool.ts";
import { UsageError } from "../../src/util/errors.ts";

const passage = (id: string, text = `text of ${id}`) => ({ id, title: "", text });
const sample = (id: string, extra: Partial<TrainSample> = {}): TrainSample => ({
  id,
  source: "a",
  positive: "gold",
  objectives: ["retrieval", "generation", "context-identification"],
  history: [],
  question: `question ${id}`,
  positives: [passage(`p${id}`)],
  negatives: [],
  responses: [{ text: `answer ${id}`, evidence: [`p${id}`] }],
  ...extra,
});
const samples = Array.from({ length: 23 }, (_, at) => sample(String(at), { source: at % 3 === 0 ? "b" : "a" }));

describe("mixture", () => {
  it("shows every sample at most once per epoch, in an order that the seed alone decides", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 9 }), (seed, batch_size) => {
        const read = () => {
          const data = mixture(samples, { seed, batch_size, group_by_length: false, mix: {} });
          return Array.from({ length: data.poolsPerEpoch }, (_, at) => data.pool(at).samples.map(({ id }) => id));
        };
        const pools = read();
        expect(new Set(pools.flat()).size).toBe(pools.flat().length);
        expect(pools.every((pool) => pool.length === batch_size)).toBe(true);
        expect(read()).toEqual(pools);
      }),
    );
  });

  it("shuffles each epoch anew, and reads any pool without those before it", () => {
    const data = mixture(samples, { seed: 1, batch_size: 23, group_by_length: false, mix: {} });
    const first = data.pool(0).samples.map(({ id }) => id);
    const second = data.pool(1).samples.map(({ id }) => id);
    expect(second).not.toEqual(first);
    expect(
      mixture(samples, { seed: 1, batch_size: 23, group_by_length: false, mix: {} })
        .pool(1)
        .samples.map(({ id }) => id),
    ).toEqual(second);
  });

  it("groups samples of similar length, losing and repeating none", () => {
    const long = Array.from({ length: 64 }, (_, at) => sample(String(at), { question: "x".repeat(1 + ((at * 37) % 64)) }));
    const spread = (group_by_length: boolean) => {
      const data = mixture(long, { seed: 3, batch_size: 4, group_by_length, mix: {} });
      const pools = Array.from({ length: data.poolsPerEpoch }, (_, at) => data.pool(at).samples);
      expect(new Set(pools.flat().map(({ id }) => id)).size).toBe(64);
      return pools.reduce((sum, pool) => sum + Math.max(...pool.map(({ question }) => question.length)), 0);
    };
    expect(spread(true)).toBeLessThan(0.75 * spread(false));
  });

  it("weights and caps sources", () => {
    const { counts } = mixture(samples, {
      seed: 0,
      batch_size: 1,
      group_by_length: false,
      mix: { a: { weight: 2 }, b: { weight: 1.5, cap: 4 } },
    });
    expect(counts).toEqual({ a: 30, b: 6 });
  });

  it("refuses a source that is not there, naming those that are", () => {
    expect(() => mixture(samples, { seed: 0, batch_size: 1, group_by_length: false, mix: { c: { weight: 1 } } })).toThrow(UsageError);
    expect(() => mixture(samples, { seed: 0, batch_size: 1, group_by_length: false, mix: { c: { weight: 1 } } })).toThrow(
      "mix names c; the input has the sources b, a",
    );
  });
});

describe("a pool", () => {
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
  /** Records what it is asked for instead of tokens: pools decide about texts. */
  const made: { kind: string; text: string }[] = [];
  const record =
    (kind: string) =>
    (...parts: unknown[]) => {
      made.push({ kind, text: JSON.stringify(parts) });
      return { ids: new Int32Array(4), emb: { start: 2, length: 1 }, response: null };
    };
  const builder = {
    query: record("Q"),
    generation: record("G"),
    passage: record("P"),
    response: record("R"),
    identification: record("X"),
  } as unknown as SequenceBuilder;

  it("masks another gold of the turn wherever it stands, and keeps its own", () => {
    made.length = 0;
    const twoGolds = sample("1", { positives: [passage("x"), passage("y")], responses: [] });
    const other = sample("2", { positives: [passage("x")] });
    const another = sample("3", { positives: [passage("y")] });
    const { sequences, retrieval } = composePool([twoGolds, other, another], 0, builder, { ...options, mask_duplicate_passages: false });
    expect(retrieval.labels).toEqual([0, 1, 2]);
    expect(sequences.P).toHaveLength(3);
    // One of x and y was drawn; the other one elsewhere in the pool is masked, its own double is not (duplicates are not masked here).
    const drawn = made.filter(({ kind }) => kind === "P").map(({ text }) => (JSON.parse(text) as [{ id: string }])[0].id);
    expect(retrieval.masked).toEqual([[0, drawn.lastIndexOf(drawn[0] === "x" ? "y" : "x")]]);
  });

  it("masks the text of another gold under another id with the duplicates", () => {
    const twoGolds = sample("1", { positives: [passage("x", "one text"), passage("y", "one text")] });
    const [double, other] = [sample("2", { positives: [passage("z", "one text")] }), sample("3")];
    const masked = (mask_duplicate_passages: boolean) =>
      composePool([twoGolds, double, other], 0, builder, { ...options, mask_duplicate_passages }).retrieval.masked;
    expect(masked(true)).toContainEqual([0, 1]);
    expect(masked(true)).not.toContainEqual([0, 2]);
    expect(masked(false)).toEqual([]);
    const apart = sample("1", { positives: [passage("x"), passage("y")] });
    const doubles = [sample("2", { positives: [passage("z", "text of x")] }), sample("3", { positives: [passage("w", "text of y")] })];
    const both = composePool([apart, ...doubles], 0, builder, options).retrieval.masked;
    expect(both).toContainEqual([0, 1]);
    expect(both).toContainEqual([0, 2]);
  });

  it("masks duplicates of the positive and of the response only when asked", () => {
    const twin = (id: string) => sample(id, { positives: [passage("same")], responses: [{ text: "Yes", evidence: [] }] });
    const on = composePool([twin("1"), twin("2")], 0, builder, options);
    expect(on.retrieval.masked).toContainEqual([0, 1]);
    expect(on.identification.masked).toContainEqual([1, 0]);
    const off = composePool([twin("1"), twin("2")], 0, builder, {
      ...options,
      mask_duplicate_passages: false,
      mask_duplicate_responses: false,
    });
    expect(off.retrieval.masked).toEqual([]);
    expect(off.identification.masked).toEqual([]);
  });

  it("takes the response whose evidence holds the positive", () => {
    made.length = 0;
    const two = sample("1", {
      positives: [passage("b")],
      responses: [
        { text: "from a", evidence: ["a"] },
        { text: "from b", evidence: ["b"] },
      ],
    });
    for (let epoch = 0; epoch < 8; epoch++) composePool([two, sample("2")], epoch, builder, options);
    const texts = made.filter(({ kind }) => kind === "G").map(({ text }) => (JSON.parse(text) as [unknown, string])[1]);
    expect(new Set(texts)).toEqual(new Set(["from b", "answer 2"]));
  });

  it("leaves samples out of the losses they do not feed", () => {
    const speaksOnly = sample("1", { objectives: ["generation"], positives: [] });
    const searchesOnly = sample("2", { objectives: ["retrieval"], responses: [] });
    const { retrieval, identification, learnsResponse, sequences } = composePool([speaksOnly, searchesOnly], 0, builder, options);
    expect(retrieval.labels).toEqual([null, 0]);
    expect(identification.labels).toEqual([null]);
    expect(learnsResponse.G).toEqual([true, false]);
    expect(sequences.P).toHaveLength(1);
    expect(sequences.X).toHaveLength(1);
  });

  it("puts hard negatives behind the positive of their own sample", () => {
    const hard = sample("1", { negatives: [passage("n1"), passage("n2"), passage("n3")] });
    const { retrieval } = composePool([hard, sample("2")], 0, builder, { ...options, hard_negatives: 2 });
    expect(retrieval.labels).toEqual([0, 3]);
    expect(retrieval.candidates).toBe(4);
  });

  it("mixes distractors of other turns, never another gold, into the prompt", () => {
    made.length = 0;
    const two = sample("1", { positives: [passage("x"), passage("y")] });
    composePool([two, sample("2", { positives: [passage("y")] }), sample("3"), sample("4")], 0, builder, { ...options, distractors: 5 });
    const [, passages] = JSON.parse(made.find(({ kind, text }) => kind === "X" && text.includes("question 1"))!.text) as [
      unknown,
      { id: string }[],
    ];
    const ids = passages.map(({ id }) => id);
    expect(ids.filter((id) => id === "x" || id === "y")).toHaveLength(1);
    expect(ids).toContain("p3");
    expect(ids).toContain("p4");
  });
});
