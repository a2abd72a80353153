/** @file Embedding with the 135M shape: the share of the MatMul rate at its own shapes. */
import { type Bench, gigaflops, median, megabytes, productFlops, seconds } from "../bench.ts";
import type { MatmulTimes } from "../children/matmul.ts";
import type { Measured } from "../children/serve.ts";
import { lockstep, nodeChild } from "../lockstep.ts";
import { linears, shapeOf } from "../shapes.ts";
import { BATCH, LENGTH, makeWorkload } from "../workload.ts";

export const embedding: Bench = {
  title: `embedding ${BATCH} × ${LENGTH} tokens, 135M shape, fp32`,
  async run(settings) {
    const { threads } = settings;
    const work = await makeWorkload(settings);
    const layers = shapeOf(settings.quick).num_hidden_layers;
    const shapes = Object.values(linears(shapeOf(settings.quick))).map(([out, input]) => `${BATCH * LENGTH}x${input}x${out}`);
    const { matmul, embed } = await lockstep<"matmul" | "embed", Measured & MatmulTimes>(settings.rounds, {
      matmul: nodeChild("matmul", threads, ...new Set(shapes)),
      embed: nodeChild("embed", work, threads),
    });
    // What its linear layers would take as bare products, round by round.
    const bare = (round: number, what: "seconds" | "cpuSeconds"): number =>
      layers * shapes.reduce((sum, shape) => sum + matmul.results[round]!.products[shape]![what], 0);
    const share = (what: "seconds" | "cpuSeconds"): number => median(embed.results.map((pass, round) => bare(round, what) / pass[what]));
    const products = median(embed.results.map((_, round) => bare(round, "seconds")));
    const time = median(embed.results.map((pass) => pass.seconds));
    const flops = layers * shapes.reduce((sum, shape) => sum + productFlops(shape), 0);
    return [
      { what: "its linear layers as bare MatMuls", value: seconds(products) },
      { what: "  their rate", value: gigaflops(flops / products) },
      { what: "one batch (ratio: of that rate, by the clock)", value: seconds(time), ratio: share("seconds"), goal: { least: 0.7 } },
      { what: "  (by CPU time)", value: "", ratio: share("cpuSeconds") },
      { what: "  tokens a second", value: ((BATCH * LENGTH) / time).toFixed(0) },
      { what: "  peak memory", value: megabytes(embed.results.at(-1)!.peakMb) },
    ];
  },
};
