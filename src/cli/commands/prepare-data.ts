/** @file `uniconv prepare-data` */
import { defineCommand } from "../command.ts";
import { made, shown } from "../outcome.ts";

export const command = defineCommand({
  name: "prepare-data",
  summary: "Turn a dataset's files into the turns, passages, judgements and training samples of the later stages",
  order: 10,
  examples: [
    { text: "The small dataset that is shipped with uniconv", run: "uniconv prepare-data --dataset quickstart --output prepared" },
    {
      text: "INSCIT, whole conversations dealt out to three splits",
      run: "uniconv prepare-data --dataset inscit --input dev.json --split-conversations train=56,dev=10,test=20 --seed 1 --output inscit",
    },
  ],
  details: "Every dataset has a card in datasets/NAME/CARD.md: where its files come from and what is kept or left out.",
  options: async () => (await import("../../schema/options/prepare-data.ts")).PrepareDataOptions,
  async run(options, context) {
    const { prepareData } = await import("../../prepare/prepare-data.ts");
    const { status, output, stats } = await prepareData(options, context);
    const { preparedLines } = await import("../../prepare/report.ts");
    const { published, publishedLines } = await import("../../prepare/published.ts");
    const papers = published(options.dataset, stats);
    const facts = [...preparedLines(stats), ...publishedLines(papers)];
    const next = `uniconv init-model --input ${shown(output)} --output base`;
    return made({ status, dir: output, result: { stats, published: papers }, facts, ...(hasText(stats) && { next }) });
  },
});

/** Something a tokenizer and a model could learn from. */
const hasText = (stats: Record<string, unknown>): boolean => "passages" in stats || "samples" in stats;
