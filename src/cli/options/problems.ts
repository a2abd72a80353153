/** @file What is wrong with the options, a line each, in the words of the place the value came from. */
import { z } from "zod";
import { closest } from "../../util/closest.ts";
import { type OptionSpec, unwrap } from "./spec.ts";

export interface Layer {
  kind: "flag" | "environment" | "file";
  /** Of a file: its name. */
  name?: string;
  values: Record<string, unknown>;
}

interface Known {
  schema: z.ZodObject;
  layers: readonly Layer[];
  specs: readonly OptionSpec[];
}

const SHOWN_KEYS = 4;

export function problems(issues: readonly z.core.$ZodIssue[], known: Known): string[] {
  return issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? unknownKeys(issue, known) : [oneProblem(issue, known)]));
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, { schema, layers }: Known): string[] {
  const names = keysAt(schema, issue.path);
  const inside = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  const far = new Map<string, string[]>();
  const lines: string[] = [];
  for (const key of issue.keys) {
    const top = String(issue.path[0] ?? key);
    const place = layers.find(({ values }) => top in values)?.name ?? "config";
    const near = closest(key.replaceAll("-", "_"), names);
    if (near === undefined) far.set(place, [...(far.get(place) ?? []), key]);
    else lines.push(`${place}: ${inside}unknown key "${key}". Did you mean "${near}"?`);
  }
  // What there is, is said once per place: a preset of another command has dozens of unknown keys.
  for (const [place, keys] of far) {
    const shown = keys.slice(0, SHOWN_KEYS).map((key) => `"${key}"`);
    const more = keys.length > SHOWN_KEYS ? ` and ${keys.length - SHOWN_KEYS} more (is it for another command?)` : "";
    lines.push(`${place}: ${inside}unknown key${keys.length > 1 ? "s" : ""} ${shown.join(", ")}${more}. Known here: ${names.join(", ")}.`);
  }
  return lines;
}

function oneProblem(issue: z.core.$ZodIssue, { layers, specs }: Known): string {
  const spec = specs.find(({ key }) => key === issue.path[0]);
  const inside = issue.path.slice(1).map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  const layer = layers.find(({ values }) => String(issue.path[0]) in values);
  const place = placeOf(spec, layer) + inside.join("");
  if (spec !== undefined && layer === undefined) return `${placeOf(spec, layer)} is required: ${spec.summary}.`;
  const found = "input" in issue && isShort(issue.input) ? `, found ${shown(issue.input)}` : "";
  return issue.path.length === 0 ? issue.message : `${place}: ${expectation(issue, spec)}${found}.`;
}

function placeOf(spec: OptionSpec | undefined, layer: Layer | undefined): string {
  if (spec === undefined) return "options";
  if (layer?.kind === "environment") return `UNICONV_${spec.key.toUpperCase()}`;
  if (layer?.kind === "file") return `${layer.name ?? "config"}: ${spec.key}`;
  if (spec.form === "config") return `${spec.key} (config file only)`;
  return spec.positional ? spec.metavar : `--${spec.flag}`;
}

function expectation(issue: z.core.$ZodIssue, spec: OptionSpec | undefined): string {
  const { code } = issue;
  if (code === "too_small") return `expected ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${unit(issue.origin)}`;
  if (code === "too_big") return `expected ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${unit(issue.origin)}`;
  if (code === "invalid_type") return `expected ${article(issue.expected)}`;
  if (code === "invalid_value") {
    const names = issue.values.map(String);
    const near = typeof issue.input === "string" ? closest(issue.input, names) : undefined;
    return `expected ${names.join(", ")}${near === undefined ? "" : ` (did you mean "${near}"?)`}`;
  }
  if (code === "invalid_union" && spec !== undefined && spec.choices.length > 0) return `expected ${spec.metavar}`;
  return issue.message.replace(/\.$/, "");
}

const unit = (origin: string): string => (origin === "string" ? " characters" : origin === "array" ? " values" : "");
const article = (type: string): string => (type === "int" ? "a whole number" : /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);
/** What JSON would call null is shown as what it is. */
const shown = (value: unknown): string => (typeof value === "number" && !Number.isFinite(value) ? String(value) : JSON.stringify(value));
const isShort = (value: unknown): boolean => value !== undefined && (JSON.stringify(value) ?? "").length <= 80;

/** The keys of the object schema at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at = unwrap(schema).inner;
  for (const part of path) {
    if (at instanceof z.ZodObject) at = (at.shape as Record<PropertyKey, z.ZodType>)[part] ?? at;
    else if (at instanceof z.ZodArray) at = at.element as z.ZodType;
    else if (at instanceof z.ZodRecord) at = at.valueType as z.ZodType;
    at = unwrap(at).inner;
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}
