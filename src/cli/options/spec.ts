/** @file One zod schema makes everything a command knows of its options: this reads an option's nature off its schema. */
import { z } from "zod";

/**
 * `one` and `many` take a value per flag, `switch` none, `pairs` NAME=VALUE each;
 * `config` is too deep for a flag and lives in config files only.
 */
export type OptionForm = "one" | "many" | "switch" | "pairs" | "config";

export interface OptionSpec {
  /** snake_case: the key in config files and in the stage's options. */
  key: string;
  /** kebab-case, without dashes. */
  flag: string;
  /** Other spellings, without dashes: the Hugging Face one and those of the schema's meta. */
  aliases: readonly string[];
  short: string | undefined;
  form: OptionForm;
  positional: boolean;
  required: boolean;
  default: unknown;
  choices: readonly string[];
  /** What stands for the value in help: PATH, N, a|b. */
  metavar: string;
  summary: string;
  group: string;
  /** The schema of the value that one flag carries. */
  value: z.ZodType;
}

const PATH_KEYS = new Set(
  "input output model base_model run responses index collection qrels config text passages prompt template compare_to run_table root eval_input init_adapter".split(
    " ",
  ),
);

export function optionSpecs(schema: z.ZodObject): OptionSpec[] {
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([key, field]) => optionSpec(key, field));
}

function optionSpec(key: string, field: z.ZodType): OptionSpec {
  const { inner, meta, fallback, optional } = unwrap(field);
  const form = formOf(inner);
  const value = form === "many" ? unwrap((inner as z.ZodArray).element as z.ZodType).inner : inner;
  const choices = choicesOf(value);
  const flag = key.replaceAll("_", "-");
  const aliases = [key, ...strings(meta["alias"]).flatMap((name) => [name, name.replaceAll("_", "-")])];
  return {
    key,
    flag,
    aliases: [...new Set(aliases)].filter((name) => name !== flag),
    short: text(meta["short"])?.replace(/^-/, ""),
    form,
    positional: meta["positional"] === true,
    required: !optional && fallback === undefined,
    default: fallback,
    choices,
    metavar: text(meta["metavar"]) ?? metavarOf({ key, form, value, choices }),
    summary: text(meta["description"]) ?? "",
    group: text(meta["group"]) ?? "options",
    value,
  };
}

interface Unwrapped {
  inner: z.ZodType;
  meta: Record<string, unknown>;
  fallback: unknown;
  optional: boolean;
}

/** Takes off defaults, optionality and transforms; what was said of the outside counts more. */
export function unwrap(schema: z.ZodType): Unwrapped {
  let inner = schema;
  let meta: Record<string, unknown> = {};
  let fallback: unknown;
  let optional = false;
  for (;;) {
    meta = { ...inner.meta(), ...meta };
    if (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) fallback ??= inner.def.defaultValue;
    else if (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) optional = true;
    else if (inner instanceof z.ZodPipe) {
      inner = (inner.def.in instanceof z.ZodTransform ? inner.def.out : inner.def.in) as z.ZodType;
      continue;
    } else if (!(inner instanceof z.ZodReadonly)) return { inner, meta, fallback, optional };
    inner = inner.def.innerType as z.ZodType;
  }
}

function formOf(schema: z.ZodType): OptionForm {
  if (schema instanceof z.ZodBoolean) return "switch";
  if (schema instanceof z.ZodArray) return isScalar(schema.element as z.ZodType) ? "many" : "config";
  if (schema instanceof z.ZodRecord) return isScalar(schema.valueType as z.ZodType) ? "pairs" : "config";
  return isScalar(schema) ? "one" : "config";
}

function isScalar(schema: z.ZodType): boolean {
  const { inner } = unwrap(schema);
  if (inner instanceof z.ZodUnion) return inner.options.some((option) => isScalar(option as z.ZodType));
  return !(inner instanceof z.ZodObject || inner instanceof z.ZodArray || inner instanceof z.ZodRecord || inner instanceof z.ZodTuple);
}

function choicesOf(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(String);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => choicesOf(unwrap(option as z.ZodType).inner));
  return [];
}

function metavarOf({ key, form, value, choices }: { key: string; form: OptionForm; value: z.ZodType; choices: string[] }): string {
  if (form === "pairs") return "NAME=VALUE";
  const number = hasNumber(value) ? ["N"] : [];
  if (choices.length > 0) return [...choices, ...number].join("|");
  if (number.length > 0) return "N";
  return PATH_KEYS.has(key) ? "PATH" : "TEXT";
}

function hasNumber(schema: z.ZodType): boolean {
  if (schema instanceof z.ZodUnion) return schema.options.some((option) => hasNumber(unwrap(option as z.ZodType).inner));
  return schema instanceof z.ZodNumber;
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const strings = (value: unknown): string[] => [value].flat().filter((one) => typeof one === "string");
