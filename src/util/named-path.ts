/** @file `NAME=PATH`: inputs that go by a name, given or taken from their path. */
import { existsSync } from "node:fs";

export interface NamedPath {
  name: string;
  path: string;
  /** The name was given. */
  explicit: boolean;
}

/** `tell`: the last telling parts of a path, how many of them. A file whose name holds "=" is a path. */
function namedPath(input: string, tell: (path: string, parts: number) => string): NamedPath {
  const equals = input.indexOf("=");
  if (equals > 0 && !existsSync(input)) {
    const name = input.slice(0, equals);
    if (!name.includes("/")) return { name, path: input.slice(equals + 1), explicit: true };
  }
  return { name: tell(input, 1), path: input, explicit: false };
}

/** Names that were not given grow by the folders above until they differ, as far as the paths do. */
export function namedPaths(inputs: readonly string[], tell: (path: string, parts: number) => string): NamedPath[] {
  const named = inputs.map((input) => namedPath(input, tell));
  for (let parts = 2; new Set(named.map(({ name }) => name)).size < named.length && parts < 12; parts++)
    for (const one of named)
      if (!one.explicit && named.filter(({ name }) => name === one.name).length > 1) one.name = tell(one.path, parts);
  return named;
}
