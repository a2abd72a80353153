/** @file Paths of a suite that are not there: all of them at once, with what may be meant. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { EvaluateOptions } from "../../schema/options/evaluate.ts";
import { DataError } from "../../util/errors.ts";
import { type PlannedDataset, SYSTEM } from "./planned.ts";
import type { SuiteFile } from "./read-suite.ts";

/** Throws `DataError` that names each missing path, and what may be meant. */
export function refuseMissing(
  datasets: readonly PlannedDataset[],
  { options, file, systems }: { options: EvaluateOptions; file: SuiteFile; systems: readonly string[] },
): void {
  const all = datasets.flatMap(({ entry, files }) => files.map((one) => ({ name: entry.name, ...one })));
  const missing = all.filter(({ path }) => !existsSync(path));
  const evaluable = datasets.some((one) => one.options !== undefined);
  if (missing.length === 0 || (options.allow_missing && evaluable)) return;
  const root = options.root ?? ".";
  const head = !existsSync(root)
    ? `--root ${root}: no such directory`
    : missing.length === all.length
      ? `--root ${root} holds none of the ${all.length} paths of ${file.shown}`
      : `${missing.length} of the ${all.length} paths of ${file.shown} ${missing.length === 1 ? "is" : "are"} not there${evaluable ? " (--allow-missing scores the rest and says what it lacks)" : ", and nothing can be scored"}`;
  throw new DataError(
    [head, ...missing.map(({ name, option, path }) => `  ${name}: ${option} ${path}`), ...hints(datasets, { root, systems })].join("\n"),
  );
}

/** Systems that have a folder where an absent one was looked for. */
function hints(datasets: readonly PlannedDataset[], { root, systems }: { root: string; systems: readonly string[] }): string[] {
  const templates = datasets.flatMap(({ entry }) =>
    [entry.run, entry.responses].flatMap((path) => path?.replaceAll("{dataset}", entry.name) ?? []),
  );
  const found = new Set(
    templates.flatMap((template) => {
      const parts = template.split("/");
      const at = parts.findIndex((part) => part.includes(SYSTEM));
      const above = join(root, ...parts.slice(0, at));
      if (at === -1 || !existsSync(above)) return [];
      const [before, after] = parts[at]!.split(SYSTEM);
      const rest = parts.slice(at + 1);
      return readdirSync(above).flatMap((name) => {
        if (!name.startsWith(before!) || !name.endsWith(after!) || name.length <= before!.length + after!.length) return [];
        return existsSync(join(above, name, ...rest)) ? [name.slice(before!.length, name.length - after!.length)] : [];
      });
    }),
  );
  const absent = systems.filter((name) => !found.has(name));
  if (absent.length === 0 || found.size === 0) return [];
  return [`there are the systems ${[...found].sort().join(", ")}; give those with --system`];
}
