/** @file `uniconv help datasets`: read off the folders of datasets/. */
import { datasetNames, loadReader } from "../../../datasets/registry.ts";
import { twoColumns } from "../help/layout.ts";

export async function text(): Promise<string> {
  const rows = await Promise.all(datasetNames().map(async (name) => ({ left: name, right: (await loadReader(name)).summary })));
  return `uniconv prepare-data --dataset NAME --input FILE … --output prepared; what is to be downloaded, and from where, stands in the card
of each, datasets/NAME/CARD.md in the package, with the commands.

${twoColumns(rows, 100).join("\n")}

The files are read as they are published; .gz and - (standard input) too. The split is that of the file's name, or --split, or
--split-conversations train=80,dev=10,test=10. --history none or --history 2 cuts what a turn sees of the turns before.

Your own, a line per turn (history, responses, gold, split and tags are optional; ids of passages are yours):

  turns.jsonl
    {"conversation":"c1","turn":2,"history":[{"question":"Who?","response":"Bacon."}],"question":"When?","responses":["1620."],"gold":["p7"]}
  passages.jsonl
    {"id":"p7","title":"Novum Organum","text":"Francis Bacon published the Novum Organum in 1620."}

  uniconv prepare-data --dataset jsonl --input turns.jsonl --collection passages.jsonl --split test --output prepared
  uniconv validate --dataset jsonl turns.jsonl --collection passages.jsonl     lists every problem with its line
`;
}
