/** @file Whether two evaluations were measured alike: what `protocol`, or the config of metrics.json, says of each. */
type Settings = Readonly<Record<string, string | number>>;

/** How many turns there were is no setting, nor in which file they had other names, how many answers cite, what the row of our own is. */
const isSetting = (key: string): boolean => !/\bturns\b/.test(key) && !["lead", "turn ids", "answers that cite"].includes(key);

/** Absent, they have a meaning; other settings say nothing of an evaluation that did not need them. */
const MEANT_WHEN_ABSENT = ["depth", "split"];

/** `averaging: all against intersection`, for each setting that differs. */
export function unlikeSettings(base: Settings, next: Settings): string[] {
  const keys = [...new Set([...Object.keys(base), ...Object.keys(next)])].filter(isSetting);
  return keys
    .filter((key) => (key in base && key in next) || MEANT_WHEN_ABSENT.includes(key))
    .filter((key) => base[key] !== next[key])
    .map((key) => `${key}: ${base[key] ?? "–"} against ${next[key] ?? "–"}`);
}
