/** @file Decoding with a cache against PyTorch's greedy tokens and against passes without a cache. */
import { describe, expect, test } from "vitest";
import { Decoder, type DecoderOptions, type Prompt } from "../../src/generate/decoder.ts";
import { floatsOf, Session, type Tensor } from "../../src/onnx/session.ts";
import { Rng } from "../../src/util/rng.ts";
import { caseFolders, distance, type GoldenCase, readCase } from "../golden/case.ts";
import { openGolden } from "../helpers/golden-model.ts";

const cases = await Promise.all(caseFolders().map(readCase));
const cpu = { device: "cpu", threads: 1, packed: false, max_positions: 128, logits: true } as const;
const nothing: ReadonlySet<number> = new Set();

describe.each(cases.map((golden) => [golden.name, golden] as const))("%s", (_, golden) => {
  for (const packed of [false, true])
    test(`greedy tokens and logits are PyTorch's (weights ${packed ? "packed" : "mapped"})`, async () => {
      const { logits, decoded } = await decode(golden, golden.greedy.prompts.map(whole), { packed });
      expect(decoded.map(({ ids }) => ids)).toEqual(golden.greedy.tokens);
      expect(distance(logits.flat(2), golden.outputs.get("greedy.logits")!)).toBeLessThan(2e-5);
    });

  test("rows of unequal length have the logits of a pass without a cache, however the prompts were cut up", async () => {
    const rng = new Rng("prompts");
    const vocab = (await openGolden(golden)).model.config.vocab_size;
    const prompts = [1, 23, 4, 9, 40].map((length) => Array.from({ length }, () => rng.int(vocab)));
    for (const chunk of [512, 4]) {
      const { logits, decoded } = await decode(golden, prompts.map(whole), { chunk });
      for (const [i, prompt] of prompts.entries()) {
        const ids = [...prompt, ...decoded[i]!.ids];
        const full = await uncached(golden, ids, (at) => ({ position: at, start: 0, end: 0 }));
        expect(decoded[i]!.ids.length).toBe(12);
        decoded[i]!.ids.forEach((id, step) => {
          const row = full[prompt.length - 1 + step]!;
          expect(distance(logits[i]![step]!, row), `row ${i}, token ${step}, chunk ${chunk}`).toBeLessThan(1e-5);
          expect(row.indexOf(Math.max(...row))).toBe(id);
        });
      }
    }
  });

  test("a cache that holds only the embedding tokens has the logits of the masked full pass", async () => {
    const queries = golden.samples.map(({ G: { ids, emb } }) => ({ ids: ids.slice(0, emb.start + emb.length), emb }));
    const { logits, decoded } = await decode(
      golden,
      queries.map(({ ids, emb }) => ({ id: "turn", ids: Int32Array.from(ids), visible: emb })),
    );
    for (const [i, { ids, emb }] of queries.entries()) {
      const masked = await uncached(golden, [...ids, ...decoded[i]!.ids], (at) => ({
        position: at,
        start: 0,
        end: at < ids.length ? 0 : emb.start,
      }));
      logits[i]!.forEach((row, step) =>
        expect(distance(row, masked[ids.length - 1 + step]!), `row ${i}, token ${step}`).toBeLessThan(1e-5),
      );
      // The last EMB row of the prompt's own pass predicts the first token: it is not fed again.
      const vocab = logits[i]![0]!.length;
      expect(distance(logits[i]![0]!, golden.outputs.get(`logits.G.${i}`)!.subarray(0, vocab))).toBeLessThan(2e-5);
    }
  });

  test("with the embedding tokens' keys and values kept, another session changes no bit of the response; without the mask it does", async () => {
    const { session: graph, layers, shape } = await cachedSession(golden);
    const { ids, emb, response } = golden.samples[0]!.G;
    const past = shape(emb.start + emb.length);
    const responses = ids.slice(response!.start, response!.start + response!.length - 1);
    const kept = draw("embedding", past);
    const sessions = ["one", "another"].map((name) => replaceColumns(draw(name, past), kept, { shape: past, from: emb.start }));
    const logits = (cache: Float32Array, hidden: number) =>
      Promise.all(
        responses.map(async (_, last) => {
          const results = await graph.run({
            input_ids: int64([responses]),
            position_ids: int64([responses.map((_, at) => emb.start + emb.length + at)]),
            hole_start: int64([responses.map(() => 0)]),
            hole_end: int64([responses.map(() => hidden)]),
            last: { data: BigInt64Array.of(BigInt(last)), shape: [1] },
            ...Object.fromEntries(layers.map((name) => [`past.${name}`, { data: cache, shape: past }])),
          });
          return [...floatsOf(results, "logits")];
        }),
      );
    const [one, another] = [await logits(sessions[0]!, emb.start), await logits(sessions[1]!, emb.start)];
    expect(another).toEqual(one);
    expect(distance((await logits(sessions[1]!, 0)).flat(), (await logits(sessions[0]!, 0)).flat())).toBeGreaterThan(1e-3);
    await graph.release();
  });

  test("a stop token ends a response and is no part of it, while the other rows go on", async () => {
    const [first] = golden.greedy.tokens;
    const stop = first!.find((id, at) => first!.indexOf(id) === at && at > 0)!;
    const at = first!.indexOf(stop);
    const { decoded } = await decode(golden, golden.greedy.prompts.map(whole), { stopIds: new Set([stop]) });
    expect(decoded[0]).toEqual({ ids: first!.slice(0, at), finish: "eos" });
    for (const row of [1, 2]) {
      const tokens = golden.greedy.tokens[row]!;
      const end = tokens.indexOf(stop);
      expect(decoded[row]).toEqual(end < 0 ? { ids: tokens, finish: "length" } : { ids: tokens.slice(0, end), finish: "eos" });
    }
  });
});

const whole = (ids: readonly number[]): Prompt => ({ id: "turn", ids: Int32Array.from(ids), visible: null });
const int64 = (rows: number[][]): Tensor => ({ data: BigInt64Array.from(rows.flat(), BigInt), shape: [rows.length, rows[0]!.length] });

/** Twelve tokens per prompt, and the logits that chose each. */
async function decode(
  golden: GoldenCase,
  prompts: Prompt[],
  { stopIds = nothing, ...options }: Partial<DecoderOptions> & { stopIds?: ReadonlySet<number> } = {},
) {
  const { model, parameters } = await openGolden(golden);
  const decoder = await Decoder.open(model, parameters, { ...cpu, ...options });
  const logits = prompts.map((): number[][] => []);
  const vocab = model.config.vocab_size;
  const decoded = await decoder.decode(prompts, {
    max_new_tokens: 12,
    stopIds,
    onStep: ({ rows, logits: found }) => rows.forEach((row, at) => logits[row]!.push([...found!.subarray(at * vocab, (at + 1) * vocab)])),
  });
  await decoder.release();
  return { decoded, logits };
}

/** Logits of every position of one unpadded sequence. */
async function uncached(
  golden: GoldenCase,
  ids: readonly number[],
  rule: (at: number) => { position: number; start: number; end: number },
): Promise<number[][]> {
  const { model, parameters } = await openGolden(golden);
  const weights = parameters();
  const { graph } = weights;
  const input = (name: string) => graph.input(name, "int64", ["B", "S"]);
  const inputs = { input_ids: input("input_ids"), position_ids: input("position_ids") };
  const hole = { start: input("hole_start"), end: input("hole_end") };
  const { hidden } = model.forward(weights, { ...inputs, hole, max_positions: 128 });
  graph.output("logits", graph.matmul(hidden, model.head(weights), { transB: true }));
  const session = await Session.create(graph, { device: "cpu", threads: 1, optimize: false });
  const rules = ids.map((_, at) => rule(at));
  const results = await session.run({
    input_ids: int64([[...ids]]),
    position_ids: int64([rules.map(({ position }) => position)]),
    hole_start: int64([rules.map(({ start }) => start)]),
    hole_end: int64([rules.map(({ end }) => end)]),
  });
  await session.release();
  const logits = floatsOf(results, "logits");
  const vocab = model.config.vocab_size;
  return ids.map((_, at) => [...logits.subarray(at * vocab, (at + 1) * vocab)]);
}

async function cachedSession(golden: GoldenCase) {
  const { cachedPass, keyName, valueName } = await import("../../src/models/cached-pass.ts");
  const { model, parameters } = await openGolden(golden);
  const weights = parameters();
  cachedPass(model, weights, { max_positions: 128, seq: "S", logits: true });
  const { num_hidden_layers, num_key_value_heads, head_dim } = model.config;
  return {
    session: await Session.create(weights.graph, { device: "cpu", threads: 1, optimize: false }),
    layers: Array.from({ length: num_hidden_layers }, (_, layer) => [keyName(layer), valueName(layer)]).flat(),
    shape: (columns: number) => [1, num_key_value_heads, columns, head_dim],
  };
}

function draw(name: string, shape: readonly number[]): Float32Array {
  const rng = new Rng(name);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal());
}

/** `into` with the columns from `from` on taken from `source`. */
function replaceColumns(
  into: Float32Array,
  source: Float32Array,
  { shape, from }: { shape: readonly number[]; from: number },
): Float32Array {
  const [, , columns, size] = shape as [number, number, number, number];
  return into.map((x, i) => (Math.floor(i / size) % columns >= from ? source[i]! : x));
}
