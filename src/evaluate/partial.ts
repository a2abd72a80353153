/** @file What was made under --limit, and who refuses it unless --allow-partial is given. */
import { UsageError } from "../util/errors.ts";

/** `by`: the option or command that refuses, as the message begins. Throws `UsageError` that names each path. */
export function refusePartial(
  files: readonly { path: string; partial: boolean }[],
  { by, allowed }: { by: string; allowed: boolean },
): void {
  const partial = files.filter((one) => one.partial).map(({ path }) => path);
  if (partial.length === 0 || allowed) return;
  const it = partial.length === 1 ? "it" : "them";
  throw new UsageError(
    `${by} does not judge what was made under --limit: ${partial.join(", ")}; make ${it} whole, or pass --allow-partial`,
  );
}
