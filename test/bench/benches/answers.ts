/** @file F1 of many answers under each variant, whole command, against the three seconds it may take and against parsing its files. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeArtifact } from "../../../src/util/artifact.ts";
import { packageRoot } from "../../../src/util/package-root.ts";
import { Rng } from "../../../src/util/rng.ts";
import { type Bench, median, megabytes, type Row, seconds } from "../bench.ts";
import { alternate, lastLine, runProgram, type Timed } from "../processes.ts";

const ANSWERS = 100_000;
const MOST_SECONDS = 3;
const VARIANTS = ["squad", "inscit", "topiocqa", "quac"] as const;

/** The least any evaluation must do: parse every line of both files. */
const PARSE = `
  const start = performance.now();
  const { readFileSync } = require("node:fs");
  const rows = process.argv.slice(1).flatMap((file) => readFileSync(file, "utf8").trimEnd().split("\\n").map((line) => JSON.parse(line)));
  console.log(JSON.stringify(rows.length && (performance.now() - start) / 1000));`;

export const answers: Bench = {
  title: `evaluate --metric F1, ${ANSWERS.toLocaleString("en")} answers`,
  async run({ folder, rounds }) {
    const work = join(folder, "answers");
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    const { input, responses } = await writeAnswers(work);
    const asked = ["evaluate", "--input", input, "--responses", responses, "--metric", "F1", "-q"];
    const ours = (variant: string) => (): Promise<Timed> =>
      runProgram(process.execPath, [join(packageRoot(), "bin/uniconv.js"), ...asked, "--f1-variant", variant]);
    const { parse, ...times } = await alternate(rounds, {
      parse: async () =>
        lastLine<number>(await runProgram(process.execPath, ["-e", PARSE, join(input, "turns.jsonl"), join(responses, "responses.jsonl")])),
      squad: ours("squad"),
      inscit: ours("inscit"),
      topiocqa: ours("topiocqa"),
      quac: ours("quac"),
    });
    return [
      { what: "parsing the lines of both files", value: seconds(median(parse)) },
      ...VARIANTS.flatMap((variant): Row[] => {
        const time = median(times[variant].map((one) => one.seconds));
        return [
          { what: `${variant} (ratio: of ${MOST_SECONDS} s)`, value: seconds(time), ratio: time / MOST_SECONDS, goal: { most: 1 } },
          { what: `${variant}, beside the parsing`, value: seconds(time), ratio: time / median(parse) },
        ];
      }),
      { what: "the most memory of all", value: megabytes(Math.max(...VARIANTS.flatMap((v) => times[v].map(({ peakMb }) => peakMb)))) },
    ];
  },
};

/** Answers of some 25 words that share about half of them with their reference; a third of the turns have two references. */
async function writeAnswers(work: string): Promise<{ input: string; responses: string }> {
  const rng = Rng.of("bench", "answers");
  const letters = "etaoinshrdlucmfwypvbgk";
  const words = Array.from({ length: 20_000 }, () =>
    Array.from({ length: 2 + rng.int(8) }, () => letters[rng.int(rng.int(letters.length) + 1)]!).join(""),
  );
  const word = (): string =>
    rng.int(3) === 0 ? rng.pick(["the", "a", "of", "and", "in", "don't", "U.S.", "3.5"]) : words[rng.int(rng.int(words.length) + 1)]!;
  const text = (least: number): string =>
    `${Array.from({ length: least + rng.int(15) }, () => word() + (rng.int(12) === 0 ? "," : "")).join(" ")}.`;
  const turns: object[] = [];
  const lines: object[] = [];
  for (let i = 0; i < ANSWERS; i++) {
    const reference = text(15);
    const shared = reference.split(" ").filter(() => rng.int(2) === 0);
    const id = `t${i}`;
    const turn = { id, conversation: `c${i >> 3}`, turn: (i & 7) + 1, split: "test", history: [], question: "?", tags: {} };
    turns.push({ ...turn, responses: i % 3 === 0 ? [reference, text(15)] : [reference] });
    lines.push({
      turn: id,
      response: `${shared.join(" ")} ${text(5)}`,
      mode: "rag",
      passages: [],
      prompt_tokens: 1,
      new_tokens: 1,
      finish: "eos",
    });
  }
  return { input: await artifact(work, "prepared", turns), responses: await artifact(work, "responses", lines) };
}

async function artifact(work: string, kind: "prepared" | "responses", lines: readonly object[]): Promise<string> {
  const output = join(work, kind);
  const name = kind === "prepared" ? "turns.jsonl" : "responses.jsonl";
  await writeArtifact(
    { output, kind, command: "bench", options: {}, seed: 0, inputs: [], partial: false, resume: false, overwrite: true },
    ({ dir }) => {
      writeFileSync(join(dir, name), `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
      return Promise.resolve();
    },
  );
  return output;
}
