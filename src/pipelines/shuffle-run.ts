/** @file A control for answers: every turn gets the ranking of a turn of another conversation. */
import { readRun, RunWriter, RUN_JSONL } from "../util/run-file.ts";
import { openArtifact, writeArtifact } from "../util/artifact.ts";
import { Rng } from "../util/rng.ts";

/** Writes the run artifact `output` and returns its path. If answers stay as good, the model did not read its passages. */
export async function shuffleRun({
  run,
  output,
  seed,
  resume,
  overwrite,
}: {
  run: string;
  output: string;
  seed: number;
  resume: boolean;
  overwrite: boolean;
}): Promise<string> {
  const artifact = await openArtifact(run, "run");
  const spec = {
    output,
    kind: "run" as const,
    command: "shuffle-run",
    options: {},
    seed,
    inputs: [artifact.path(RUN_JSONL)],
    resume,
    overwrite,
  };
  await writeArtifact({ ...spec, partial: artifact.manifest.partial }, async (draft) => {
    const { table } = await readRun(run);
    const writer = new RunWriter(draft.dir, "shuffled");
    const order = Rng.of(seed, "shuffle-run").shuffled(table.turns);
    const conversation = (turn: string) => turn.slice(0, turn.lastIndexOf("_"));
    order.forEach((turn, at) => {
      const next = order.slice(at + 1).concat(order.slice(0, at));
      const other = next.find((candidate) => conversation(candidate) !== conversation(turn)) ?? turn;
      writer.write(turn, table.passages(other));
    });
    Object.assign(draft.stats, await writer.close());
  });
  return output;
}
