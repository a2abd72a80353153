/** @file What an evaluation reads: the judgements and references, the systems, groups of turns. */
import type { EvaluateOptions } from "../../schema/options/evaluate.ts";
import type { ReadOptions } from "../../util/chunks.ts";
import { UsageError } from "../../util/errors.ts";
import { type Qrels, readQrels } from "../../util/qrels.ts";
import { ForeignIds } from "./foreign-ids.ts";
import { type Grouping, readGroupings } from "./groupings.ts";
import { readSystems, type SystemInput } from "./systems.ts";
import { type Prepared, readPassageTexts, readPrepared } from "./prepared.ts";

export interface Inputs {
  systems: SystemInput[];
  prepared: Prepared | undefined;
  qrels: Qrels | undefined;
  qrelsFrom: string;
  /** The texts of the passages that answers were given; read only where a metric asks for them. */
  passageTexts: ReadonlyMap<string, string> | undefined;
  /** Of each file of --by: the groups of a turn. */
  groupings: ReadonlyMap<string, Grouping>;
  /** A line per file whose turns had other names. */
  renamed: string[];
  files: Set<string>;
}

/** `passageTexts`: whether a metric asks for the texts of passages. */
export async function readInputs(
  options: EvaluateOptions,
  { passageTexts: asked, ...reading }: ReadOptions & { passageTexts: boolean },
): Promise<Inputs> {
  const { root, system, allow_missing } = options;
  const stray = Object.entries({ root: root !== undefined, system: system.length > 0, "allow-missing": allow_missing }).find(
    ([, given]) => given,
  )?.[0];
  if (stray !== undefined) throw new UsageError(`--${stray} goes with --suite: without one there is nothing for it to say`);
  if (options.run.length === 0 && options.responses.length === 0)
    throw new UsageError("nothing to score: give --run, --responses or both, or --suite");
  if (options.input === undefined && options.qrels === undefined)
    throw new UsageError("nothing to score against: give --input PREPARED or --qrels FILE");
  onlyOnce(options);
  if (options.responses.length > 0 && options.input === undefined)
    throw new UsageError("--responses needs --input PREPARED: the references are there");
  if (options.split !== undefined && options.input === undefined)
    throw new UsageError("--split needs --input PREPARED: a qrels file has no splits");
  if (options.passages !== undefined && options.input === undefined)
    throw new UsageError("--passages needs --input PREPARED: answers are scored against the turns there");
  if (options.against !== undefined && options.input === undefined)
    throw new UsageError("--against needs --input PREPARED: a qrels file does not say which dataset it judges");
  if (options.format === "trec_eval" && (options.run.length !== 1 || options.responses.length > 0))
    throw new UsageError("--format trec_eval prints one run: give exactly one --run and no --responses");
  if (options.per_turn && options.format !== "trec_eval")
    throw new UsageError("--per-turn goes with --format trec_eval; --output writes every score of every turn (scores.jsonl)");
  const prepared = options.input === undefined ? undefined : await readPrepared(options.input, options.split, options.passages);
  const foreign = new ForeignIds(options.id_format, prepared?.turns);
  const qrels = options.qrels === undefined ? prepared?.qrels : await readForeignQrels(options.qrels, { ...reading, foreign });
  const systems = await readSystems(options, { ...reading, foreign });
  const groupings = await readGroupings(options.by, foreign);
  const files = new Set([...(prepared?.files ?? []), ...(options.qrels === undefined ? [] : [options.qrels])]);
  for (const file of groupings.keys()) files.add(file);
  for (const { run, responses } of systems) for (const file of [run?.path, responses?.path]) if (file !== undefined) files.add(file);
  const given = new Set(systems.flatMap(({ responses }) => [...(responses?.passages.values() ?? [])].flat()));
  const passageTexts =
    asked && prepared !== undefined && given.size > 0 ? await readPassageTexts(prepared, { ids: given, files }) : undefined;
  return {
    systems,
    prepared,
    qrels,
    qrelsFrom: options.qrels ?? options.input!,
    groupings,
    passageTexts,
    renamed: foreign.finish(),
    files,
  };
}

/** The inputs that --limit can cut short. */
export function limitable({ prepared, systems }: Inputs): { path: string; partial: boolean }[] {
  const folder = prepared === undefined ? [] : [{ path: prepared.dir, partial: prepared.partial }];
  return [...folder, ...systems.flatMap(({ run, responses }) => [run ?? [], responses ?? []].flat())];
}

/** Made of anything that --limit cut short. */
export const isPartial = (inputs: Inputs): boolean => limitable(inputs).some(({ partial }) => partial);

/** Turns that a foreign file judges and the prepared split does not have. */
export function unscored({ prepared, qrels, qrelsFrom }: Inputs): string[] {
  if (prepared === undefined || qrels === undefined || qrelsFrom === prepared.dir) return [];
  const known = new Set(prepared.turns);
  const stray = [...qrels.keys()].filter((turn) => !known.has(turn)).length;
  return stray === 0
    ? []
    : [`${qrelsFrom} judges ${stray} turns beside those of ${prepared.dir} (split ${prepared.split}); they are not scored`];
}

/** Whether any passage is judged `level` or higher. */
export function relevantAt({ qrels }: Inputs, level: number): boolean {
  if (qrels === undefined) return true;
  for (const grades of qrels.values()) for (const grade of grades.values()) if (grade >= level) return true;
  return false;
}

const readForeignQrels = (path: string, { foreign, ...reading }: ReadOptions & { foreign: ForeignIds }): Promise<Qrels> =>
  foreign.read({ scope: "qrels", path, ids: (qrels) => [...qrels.keys()], read: (names) => readQrels(path, { ...reading, names }) });

function onlyOnce({ qrels, run, responses }: EvaluateOptions): void {
  const piped = [qrels, ...run, ...responses].filter((path) => path === "-" || path?.endsWith("=-") === true);
  if (piped.length > 1) throw new UsageError("standard input (-) can be read only once: give a file for the others");
}
