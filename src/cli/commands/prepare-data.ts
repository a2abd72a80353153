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
    {
      text: "Conversations and passages of your own",
      run: "uniconv prepare-data --dataset jsonl --input turns.jsonl --collection passages.jsonl --split test --output mine",
    },
  ],
  details:
    "`uniconv help datasets` lists them. Each has a card, datasets/NAME/CARD.md: where its files come from and what is kept or left out.",
  options: async () => (await import("../../schema/options/prepare-data.ts")).PrepareDataOptions,
  async run(options, context) {
    const { prepareData } = await import("../../prepare/prepare-data.ts");
    const { status, output, stats } = await prepareData(options, context);
    const { preparedLines } = await import("../../prepare/report.ts");
    const { published, publishedLines } = await import("../../prepare/published.ts");
    const papers = published(options.dataset, stats);
    const facts = [...preparedLines(stats), ...publishedLines(papers)];
    const next = nextOf(stats, shown(output));
    return made({ status, dir: output, result: { stats, published: papers }, facts, ...(next !== undefined && { next }) });
  },
});

/** There is something to train on, or only something to search. */
function nextOf(stats: Record<string, unknown>, folder: string): string | undefined {
  if ("samples" in stats) return `uniconv init-model --input ${folder} --output base`;
  return "passages" in stats ? `uniconv build-index --input ${folder} --backend bm25 --output index-bm25` : undefined;
}
