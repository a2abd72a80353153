/** @file Config files and presets: YAML or JSON with the keys of the command's schema. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { closest } from "../../util/closest.ts";
import { UniconvError, UsageError } from "../../util/errors.ts";
import { readText } from "../../util/files.ts";
import { parseJson } from "../../util/json.ts";
import { packageRoot } from "../../util/package-root.ts";

/** Everything wrong with a config file is a wrong command line (exit 2). */
export function readConfig(path: string): Record<string, unknown> {
  let content: unknown;
  try {
    const text = readText(path);
    content = path.endsWith(".json") ? parseJson(text, { file: path }) : parseYaml(text, path);
  } catch (error) {
    if (error instanceof UniconvError) throw new UsageError(`--config ${error.message}`, { cause: error });
    throw error;
  }
  if (content === null) return {};
  if (typeof content !== "object" || Array.isArray(content)) {
    throw new UsageError(`--config ${path}: expected "key: value" lines, found ${Array.isArray(content) ? "a list" : typeof content}.`);
  }
  return content as Record<string, unknown>;
}

function parseYaml(text: string, path: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const error = document.errors[0];
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new UsageError(`${path}:${line}:${col}: ${error.message}`);
  }
  return document.toJS({ maxAliasCount: 100 }) as unknown;
}

const PRESETS = join(packageRoot(), "presets");

export function presetNames(folder = PRESETS): string[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".yaml")) : [];
  return files.map((file) => basename(file, ".yaml")).sort();
}

export function presetPath(name: string, folder = PRESETS): string {
  const known = presetNames(folder);
  if (known.includes(name)) return join(folder, `${name}.yaml`);
  const near = closest(name, known);
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  throw new UsageError(`There is no preset "${name}".${hint} The presets are: ${known.join(", ") || "none"}.`);
}
