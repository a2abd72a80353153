/** @file Runs, judgments and answers of any size for the benchmark of `evaluate`. */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { writeArtifact } from "../../src/util/artifact.ts";
import { JsonlWriter } from "../../src/util/jsonl.ts";
import { Rng } from "../../src/util/rng.ts";

/** One or two passages judged a turn, most of them found somewhere; four decimals, so that single precision ties no scores. */
export function writeRun(folder: string, { turns, depth }: { turns: number; depth: number }): { run: string; qrels: string } {
  const rng = Rng.of("bench", "evaluate");
  const [run, qrels] = [join(folder, "run.trec"), join(folder, "qrels.txt")];
  const judged: string[] = [];
  const file = openSync(run, "w");
  for (let turn = 0; turn < turns; turn++) {
    const name = `${Math.floor(turn / 10) + 1}_${(turn % 10) + 1}`;
    const places = Array.from({ length: rng.uniform() < 0.2 ? 2 : 1 }, () => Math.floor(rng.uniform() * rng.uniform() * depth * 1.2));
    const lines: string[] = [];
    let score = 30 + 10 * rng.uniform();
    for (let rank = 0; rank < depth; rank++) {
      score -= 0.0001 + 0.1 * rng.uniform();
      const gold = places.indexOf(rank);
      const id = gold === -1 ? `doc_${rng.int(54_000_000)}_${rank}` : `gold_${turn}_${gold}`;
      lines.push(`${name} Q0 ${id} ${rank + 1} ${score.toFixed(4)} bench\n`);
    }
    writeSync(file, lines.join(""));
    for (const gold of places.keys()) judged.push(`${name} 0 gold_${turn}_${gold} ${1 + rng.int(2)}\n`);
  }
  closeSync(file);
  writeFileSync(qrels, judged.join(""));
  return { run, qrels };
}

const WORDS =
  "the a passage answer conversation was born in of and city river, U.S. won't 1,024 history (since) music don't which year".split(" ");

/** A prepared folder with two references a turn, and an answer for each. */
export async function writeAnswers(folder: string, count: number): Promise<{ input: string; responses: string }> {
  const rng = Rng.of("bench", "answers");
  const text = (): string => Array.from({ length: 5 + rng.int(30) }, () => rng.pick(WORDS)).join(" ");
  const responses = join(folder, "responses.jsonl");
  const { dir: input } = await writeArtifact(
    {
      output: join(folder, "prepared"),
      kind: "prepared",
      command: "bench",
      options: {},
      seed: 0,
      inputs: [],
      partial: false,
      resume: false,
      overwrite: true,
    },
    async ({ dir }) => {
      const turns = JsonlWriter.create(join(dir, "turns.jsonl"));
      const answers = JsonlWriter.create(responses);
      for (let turn = 0; turn < count; turn++) {
        const id = `${turn}_1`;
        turns.write({
          id,
          conversation: String(turn),
          turn: 1,
          split: "test",
          history: [],
          question: "?",
          responses: [text(), text()],
          tags: {},
        });
        answers.write({ turn: id, response: text(), mode: "rag", passages: [], prompt_tokens: 1, new_tokens: 1, finish: "eos" });
      }
      await turns.close();
      await answers.close();
    },
  );
  return { input, responses };
}
