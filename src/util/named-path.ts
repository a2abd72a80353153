/** @file `NAME=PATH`: inputs that go by a name, given or taken from their path. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "./errors.ts";

export interface NamedPath {
  name: string;
  path: string;
  /** The name was given. */
  explicit: boolean;
}

/** `tell`: the last telling parts of a path, how many of them. A file whose name holds "=" is a path; so may a name hold one. */
function namedPath(input: string, tell: (path: string, parts: number) => string): NamedPath {
  const places = [...input.matchAll(/=/g)].map(({ index }) => index).filter((at) => at > 0 && !input.slice(0, at).includes("/"));
  const equals = places.find((at) => existsSync(input.slice(at + 1))) ?? places[0];
  if (equals === undefined || existsSync(input)) return { name: tell(input, 1), path: input, explicit: false };
  return { name: input.slice(0, equals), path: input.slice(equals + 1), explicit: true };
}

/** As `namedPaths`, each name once. `what` they are in a message, and `as` a name is given. Throws `UsageError`. */
export function distinctlyNamed(
  inputs: readonly string[],
  { tell, what, as }: { tell: (path: string, parts: number) => string; what: string; as: string },
): NamedPath[] {
  const named = namedPaths(inputs, tell);
  const twin = named.find(({ name }, i) => named.findIndex((other) => other.name === name) !== i);
  if (twin !== undefined) throw new UsageError(`two ${what} are named "${twin.name}"; give each a name of its own: ${as}`);
  return named;
}

/** Names that were not given grow by the folders above until they differ, as far as the paths do; those of one name grow together. */
export function namedPaths(inputs: readonly string[], tell: (path: string, parts: number) => string): NamedPath[] {
  const named = inputs.map((input) => namedPath(input, tell));
  for (let parts = 2; parts < 12; parts++) {
    const twins = named.filter((one) => named.some((other) => other !== one && other.name === one.name));
    if (twins.length === 0) break;
    for (const one of twins) if (!one.explicit) one.name = tell(one.path, parts);
  }
  return named;
}

/** `a/b/c`, 2 → `b/c`; of a path that is relative the folders above it too. */
export function lastParts(path: string, parts: number): string {
  return resolve(path).split("/").slice(-parts).join("/");
}
