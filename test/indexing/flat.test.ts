/** @file Exact search against brute force in double precision: scores, ties, borders of shards, damage. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backend } from "../../src/indexing/flat.ts";
import { Ranking } from "../../src/indexing/flat/ranking.ts";
import { type Artifact, openArtifact, writeArtifact } from "../../src/util/artifact.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { Rng } from "../../src/util/rng.ts";
import type { RankedPassage } from "../../src/util/run-table.ts";
import { byScoreThenId } from "../../src/util/sort.ts";
import { SHARD_ROWS } from "../../src/util/vector-shards.ts";
import { tempDir } from "../helpers/temp.ts";

const context = { reporter: silentReporter, signal: new AbortController().signal };

interface Row {
  id: string;
  vector: number[];
}

async function build(rows: readonly Row[]): Promise<Artifact> {
  const output = join(tempDir(), "index");
  const dimension = rows[0]!.vector.length;
  const half = Math.ceil(rows.length / 2);
  const block = (part: readonly Row[]) => ({
    ids: part.map(({ id }) => id),
    vectors: Float32Array.from(part.flatMap(({ vector }) => vector)),
  });
  const vectors = {
    rows: rows.length,
    dimension,
    async *blocks() {
      yield block(rows.slice(0, half));
      if (half < rows.length) yield block(rows.slice(half));
    },
  };
  await writeArtifact(
    { output, kind: "index", command: "build-index", options: {}, seed: 0, inputs: [], resume: false, overwrite: false },
    (draft) => backend.build({ vectors, dir: draft.dir, options: {}, context }),
  );
  return openArtifact(output, "index");
}

async function search(index: Artifact, queries: readonly number[][], k: number): Promise<RankedPassage[][]> {
  const opened = await backend.open(index, { threads: 1, device: "cpu", context });
  const found = await opened.search(Float32Array.from(queries.flat()), k);
  await opened.close();
  return found;
}

/** Every row scored with float32 inputs and double sums, in trec_eval's order. */
function bruteForce(rows: readonly Row[], query: readonly number[], k: number): RankedPassage[] {
  const q = Float32Array.from(query);
  const scored = rows.map(({ id, vector }) => ({ id, score: Float32Array.from(vector).reduce((sum, x, i) => sum + q[i]! * x, 0) }));
  return scored.sort(byScoreThenId).slice(0, k);
}

const randomRows = (count: number, dimension: number, draw: (rng: Rng) => number): Row[] => {
  const rng = new Rng(`rows ${count} ${dimension}`);
  // Ids in no order, some beyond the basic plane, where UTF-16 order is not byte order.
  return Array.from({ length: count }, (_, i) => ({
    id: `${rng.pick(["a", "é", "\uff5e", "😀", "Z"])}${rng.int(10)}:${i}`,
    vector: Array.from({ length: dimension }, () => draw(rng)),
  }));
};

describe("flat search", () => {
  it("equals brute force for any small vectors, any k, ties by id descending", async () => {
    const number = fc.integer({ min: -2, max: 2 });
    const vector = fc.array(number, { minLength: 2, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.record({ id: fc.stringMatching(/^[a-cé😀]{1,3}$/u), vector }), {
          minLength: 1,
          maxLength: 60,
          selector: ({ id }) => id,
        }),
        fc.array(vector, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 70 }),
        async (rows, queries, k) => {
          expect(await search(await build(rows), queries, k)).toEqual(queries.map((query) => bruteForce(rows, query, k)));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("equals brute force across the borders of shards, where hundreds of rows tie", async () => {
    const rows = randomRows(2 * SHARD_ROWS + 77, 3, (rng) => rng.int(3) - 1);
    const queries = [
      [1, 1, 1],
      [1, 0, 0],
      [0, 0, 0],
      [-1, 2, 0.5],
    ];
    for (const k of [1, 10, 3000])
      expect(await search(await build(rows), queries, k)).toEqual(queries.map((query) => bruteForce(rows, query, k)));
  });

  it("scores real vectors exactly, the same alone or among other queries", async () => {
    const rows = randomRows(SHARD_ROWS + 500, 48, (rng) => rng.normal());
    const rng = new Rng("queries");
    const queries = Array.from({ length: 300 }, () => Array.from({ length: 48 }, () => rng.normal()));
    const index = await build(rows);
    const together = await search(index, queries, 20);
    for (const at of [0, 150, 299]) {
      expect(together[at]).toEqual(bruteForce(rows, queries[at]!, 20));
      expect(await search(index, [queries[at]!], 20)).toEqual([together[at]]);
    }
  });

  it("ties copies of a vector wherever they lie, and rows that float32 cannot tell apart keep their exact order", async () => {
    const rng = new Rng("copies");
    const base = Array.from({ length: 300 }, () => rng.normal() / 17);
    const rows = randomRows(SHARD_ROWS + 40, 300, (r) => r.normal() / 40);
    for (const at of [3, 2000, SHARD_ROWS - 1, SHARD_ROWS, SHARD_ROWS + 39]) rows[at]!.vector = [...base];
    // One unit in the last place of one number.
    for (const at of [7, SHARD_ROWS + 7]) rows[at]!.vector = base.map((x, i) => (i === 5 ? x * (1 + 2 ** -22) : x));
    const [found] = await search(await build(rows), [base], 12);
    expect(found).toEqual(bruteForce(rows, base, 12));
    expect(new Set(found!.slice(0, 7).map(({ score }) => score)).size).toBe(2);
  });

  it("finds the best of a collapsed index, where every vector is the same", async () => {
    const rows = randomRows(SHARD_ROWS + 10, 4, () => 0.5);
    expect(await search(await build(rows), [[0.5, 0.5, 0.5, 0.5]], 5)).toEqual([bruteForce(rows, [0.5, 0.5, 0.5, 0.5], 5)]);
  });

  it("refuses vectors that are not finite, naming the passage", async () => {
    const rows = randomRows(5, 3, () => 1);
    rows[2]!.vector[1] = NaN;
    await expect(build(rows)).rejects.toThrow(`the vector of ${JSON.stringify(rows[2]!.id)} is not finite`);
  });

  it("refuses a shard with a changed bit, a cut shard and a summary that lies, before searching", async () => {
    const rows = randomRows(20, 4, (rng) => rng.normal());
    for (const [name, damage] of [
      ["vectors/00000.f32", (bytes: Buffer) => bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte))],
      ["vectors/00000.f32", (bytes: Buffer) => bytes.subarray(0, -4)],
      ["vectors/00000.ids", (bytes: Buffer) => Buffer.concat([bytes, bytes])],
      ["vectors.json", (bytes: Buffer) => Buffer.from(bytes.toString().replace('"dimension":4', '"dimension":5'))],
    ] as const) {
      const { dir } = await build(rows);
      const file = join(dir, name);
      writeFileSync(file, damage(readFileSync(file)));
      await expect(openArtifact(dir, "index").then((index) => search(index, [[1, 2, 3, 4]], 3))).rejects.toThrow(/manifest/);
    }
  });

  it("a summary that fits the manifest but not the vectors is refused by their size", async () => {
    const { dir, manifest } = await build(randomRows(20, 4, (rng) => rng.normal()));
    const summary = join(dir, "vectors.json");
    writeFileSync(summary, readFileSync(summary, "utf8").replace('"dimension":4', '"dimension":5'));
    const index: Artifact = { dir, manifest, has: () => true, path: (name) => join(dir, name) };
    await expect(search(index, [[1, 2, 3, 4, 5]], 3)).rejects.toThrow(/is not 400 bytes long/);
  });
});

describe("a ranking", () => {
  it("lowers the bar of float32 scores by what rounding can cost", () => {
    const query = Float32Array.from({ length: 1000 }, () => 1 / Math.sqrt(1000));
    const ranking = new Ranking(query, { k: 1, max_norm: 1 });
    expect(ranking.threshold).toBe(-Infinity);
    ranking.offer(query, 0, () => "p");
    expect(ranking.threshold).toBeLessThan(1 - 5e-5);
    expect(ranking.threshold).toBeGreaterThan(1 - 1e-4);
  });
});
