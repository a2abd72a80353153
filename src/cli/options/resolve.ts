/** @file What a command runs with: flag, then UNICONV_* variable, then config file, then preset, then the schema's default. */
import type { z } from "zod";
import { UsageError } from "../../util/errors.ts";
import { CommonOptions } from "./common.ts";
import { presetPath, readConfig } from "./config-file.ts";
import { fromEnvironment } from "./from-text.ts";
import { parseArgv } from "./parse-argv.ts";
import { type Layer, problems } from "./problems.ts";
import { type OptionSpec, optionSpecs } from "./spec.ts";

export interface Resolved {
  common: CommonOptions;
  specs: readonly OptionSpec[];
  schema: z.ZodObject;
  /** As merged, before defaults: for --print-config of a command line that is not complete. */
  given: Record<string, unknown>;
  /** Where each given value came from, best first. */
  layers: readonly Layer[];
}

/** The common options of this command: those its own schema has taken over left out, and --preset where there are none for it. */
export function commonSpecs(specs: readonly OptionSpec[], { presets }: { presets: boolean }): OptionSpec[] {
  const own = new Set(specs.map(({ key }) => key));
  if (!presets) own.add("preset");
  return optionSpecs(CommonOptions).filter(({ key }) => !own.has(key));
}

interface Request {
  name: string;
  schema: z.ZodObject;
  argv: readonly string[];
  environment: NodeJS.ProcessEnv;
  /** Another folder of presets than the package's; false for a command without presets. */
  presets?: string | false;
}

export function resolveOptions({ name, schema, argv, environment, presets }: Request): Resolved {
  const specs = optionSpecs(schema);
  const general = commonSpecs(specs, { presets: presets !== false });
  const typed = parseArgv(name, [...specs, ...general], argv);
  const common = CommonOptions.parse(pick(typed, general));
  const layers: Layer[] = [
    { kind: "flag", values: pick(typed, specs) },
    { kind: "environment", values: environmentValues(specs, environment) },
  ];
  if (common.config !== undefined) {
    const { preset, ...values } = readConfig(common.config);
    const ownsPreset = presets === false || specs.some(({ key }) => key === "preset");
    if (!ownsPreset && preset !== undefined) common.preset ??= typeof preset === "string" ? preset : JSON.stringify(preset);
    layers.push({ kind: "file", name: common.config, values: ownsPreset && preset !== undefined ? { ...values, preset } : values });
  }
  if (common.preset !== undefined && presets !== false) {
    const file = presetPath(common.preset, presets);
    layers.push({ kind: "file", name: `preset ${common.preset}`, values: readConfig(file) });
  }
  const given = Object.assign({}, ...layers.map(({ values }) => values).reverse()) as Record<string, unknown>;
  return { common, specs, schema, given, layers };
}

/** The options as the stage gets them, or one `UsageError` with every problem. */
export function validated({ schema, given, layers, specs }: Resolved, name: string): Record<string, unknown> {
  const parsed = schema.safeParse(given, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new UsageError([...problems(parsed.error.issues, { schema, layers, specs }), `See: uniconv help ${name}`].join("\n"));
}

function environmentValues(specs: readonly OptionSpec[], environment: NodeJS.ProcessEnv): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const spec of specs) {
    const text = environment[`UNICONV_${spec.key.toUpperCase()}`];
    if (text !== undefined && text !== "") values[spec.key] = fromEnvironment(spec, text);
  }
  return values;
}

function pick(values: Record<string, unknown>, specs: readonly OptionSpec[]): Record<string, unknown> {
  const keys = new Set(specs.map(({ key }) => key));
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.has(key)));
}
