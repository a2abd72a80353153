/** @file `--by FILE.json`: groups of turns that somebody else drew up, `{group: [turn, …]}`. */
import { DataError } from "../../util/errors.ts";
import { readJsonObject } from "../../util/json-stream.ts";
import type { TurnNames } from "../../util/turn-ids.ts";
import type { ForeignIds } from "./foreign-ids.ts";

/** The groups of a turn; one turn may be in several. */
export type Grouping = ReadonlyMap<string, readonly string[]>;

/** The files among what `--by` was given, by path. */
export async function readGroupings(by: readonly string[], foreign: ForeignIds): Promise<Map<string, Grouping>> {
  const groupings = new Map<string, Grouping>();
  for (const path of by.filter((name) => name.endsWith(".json"))) {
    const read = (names?: TurnNames) => readGrouping(path, names);
    groupings.set(path, await foreign.read({ scope: "by", path, ids: (grouping) => [...grouping.keys()], read }));
  }
  return groupings;
}

async function readGrouping(file: string, names: TurnNames | undefined): Promise<Grouping> {
  const groups = new Map<string, string[]>();
  for await (const { key: group, value, line } of readJsonObject(file)) {
    if (!Array.isArray(value)) throw new DataError(`group ${JSON.stringify(group)}: expected a list of turn ids`, { file, line });
    for (const id of value as unknown[]) {
      if (typeof id !== "string")
        throw new DataError(`group ${JSON.stringify(group)}: ${JSON.stringify(id)} is no turn id`, { file, line });
      const turn = names?.ours(id, line) ?? id;
      const known = groups.get(turn);
      if (known === undefined) groups.set(turn, [group]);
      else if (!known.includes(group)) known.push(group);
    }
  }
  if (groups.size === 0) throw new DataError("names no turn; expected {group: [turn, …]}", { file });
  return groups;
}
