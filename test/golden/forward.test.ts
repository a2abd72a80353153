/** @file Hidden states, logits and embeddings against transformers, on checkpoints read as users' are. */
import { describe, expect, test } from "vitest";
import { modelFromConfig } from "../../src/models/loader.ts";
import { Parameters, type StoredTensor } from "../../src/models/parameters.ts";
import { GraphBuilder } from "../../src/onnx/builder.ts";
import { floatsOf, Session } from "../../src/onnx/session.ts";
import { openCheckpoint } from "../../src/weights/checkpoint.ts";
import { caseFolders, distance, type GoldenCase, readCase } from "./case.ts";
import { type Kind, pad, responseRows } from "./feeds.ts";

const cases = await Promise.all(caseFolders().map(readCase));

describe.each(cases.map((golden) => [golden.name, golden] as const))("%s", (_, golden) => {
  for (const optimize of [false, true])
    test(`hidden states and logits equal transformers' under every mask (optimizer ${optimize ? "on" : "off"})`, async () => {
      const session = await forwardSession(golden, optimize);
      for (const kind of ["G", "P", "R", "X"] as const) {
        const { hidden, logits } = await runPadded(session, golden, kind);
        for (const [i, sample] of golden.samples.entries()) {
          expect(distance(hidden(i), golden.outputs.get(`hidden.${kind}.${i}`)!), `hidden ${kind} ${i}`).toBeLessThan(1e-5);
          if (kind !== "G" && kind !== "X") continue;
          const rows = responseRows(sample[kind], kind).rows.flatMap((row) => [...logits(i, row)]);
          expect(distance(rows, golden.outputs.get(`logits.${kind}.${i}`)!), `logits ${kind} ${i}`).toBeLessThan(2e-5);
        }
      }
      await session.release();
    });

  test("e(x) is the normalised state of the last embedding token", async () => {
    const session = await forwardSession(golden, true);
    for (const [kind, name] of [
      ["G", "Q"],
      ["P", "P"],
      ["R", "R"],
      ["X", "X"],
    ] as const) {
      const { hidden } = await runPadded(session, golden, kind);
      for (const [i, sample] of golden.samples.entries()) {
        const { emb, ids } = sample[kind];
        const size = hidden(i).length / ids.length;
        const last = hidden(i).subarray((emb.start + emb.length - 1) * size, (emb.start + emb.length) * size);
        const length = Math.hypot(...last);
        expect(
          distance(
            last.map((x) => x / length),
            golden.outputs.get(`e.${name}.${i}`)!,
          ),
        ).toBeLessThan(2e-6);
      }
    }
    await session.release();
  });
});

/** hidden [batch, seq, hidden] and logits [batch, seq, vocab] of a padded batch, from a checkpoint directory. */
async function forwardSession({ model: folder }: GoldenCase, optimize: boolean): Promise<Session> {
  const checkpoint = await openCheckpoint(folder);
  const model = await modelFromConfig(checkpoint.config, folder);
  const graph = new GraphBuilder();
  const parameters = new Parameters({ graph, lookup: (name) => checkpoint.tensor(name) as StoredTensor });
  const input = (name: string) => graph.input(name, "int64", ["batch", "seq"]);
  const inputs = { input_ids: input("input_ids"), position_ids: input("position_ids") };
  const hole = { start: input("hole_start"), end: input("hole_end") };
  const { hidden } = model.forward(parameters, { ...inputs, hole, max_positions: model.config.max_position_embeddings });
  graph.output("hidden", hidden);
  graph.output("logits", graph.matmul(hidden, model.head(parameters), { transB: true }));
  return Session.create(graph, { device: "cpu", threads: 1, optimize });
}

/** Runs the batch padded three columns wider than it need be, and cuts the padding off again. */
async function runPadded(session: Session, { samples }: GoldenCase, kind: Kind) {
  const sequences = samples.map((sample) => sample[kind]);
  const { width, ...feeds } = pad(sequences, kind, { width: 3 + Math.max(...sequences.map(({ ids }) => ids.length)) });
  const results = await session.run(feeds);
  const [hidden, logits] = [floatsOf(results, "hidden"), floatsOf(results, "logits")];
  const [size, vocab] = [hidden.length / width / samples.length, logits.length / width / samples.length];
  return {
    hidden: (i: number) => hidden.subarray(i * width * size, (i * width + sequences[i]!.ids.length) * size),
    logits: (i: number, row: number) => logits.subarray((i * width + row) * vocab, (i * width + row + 1) * vocab),
  };
}
