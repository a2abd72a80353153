/** @file The command line as a record of what was given, by commander; aliases end up under the option's key. */
import { Command, CommanderError, Option } from "commander";
import { UsageError } from "../../util/errors.ts";
import { fromFlags } from "./from-text.ts";
import type { OptionSpec } from "./spec.ts";

/** Files every spelling under one key, where commander would make a key of each. */
class KeyOption extends Option {
  readonly #key: string;
  constructor(flags: string, key: string) {
    super(flags);
    this.#key = key;
  }
  override attributeName(): string {
    return this.#key;
  }
}

/** Only what was given; conversion is done, validation is not. Throws `UsageError` with a did-you-mean. */
export function parseArgv(name: string, specs: readonly OptionSpec[], argv: readonly string[]): Record<string, unknown> {
  const command = new Command(name).exitOverride().helpOption(false).allowExcessArguments(false);
  command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  const operands = specs.filter((spec) => spec.positional);
  for (const spec of operands) command.argument(spec.form === "many" ? `[${spec.flag}...]` : `[${spec.flag}]`);
  for (const spec of specs) if (!spec.positional && spec.form !== "config") for (const option of spellings(spec)) command.addOption(option);
  try {
    command.parse([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) throw new UsageError(explained(error, { name, specs, argv }) ?? readable(error.message, name));
    throw error;
  }
  const given = Object.fromEntries(operands.map((spec, index) => [spec.key, command.processedArgs[index] as unknown]));
  const flags = command.opts<Record<string, unknown>>();
  const out: Record<string, unknown> = {};
  for (const spec of specs) {
    // Commander fills in defaults for --no-x; what was not given must stay absent.
    const typed = command.getOptionValueSource(spec.key) === "cli" ? flags[spec.key] : undefined;
    const texts = spec.positional ? given[spec.key] : typed;
    if (texts === undefined || (spec.positional && Array.isArray(texts) && texts.length === 0)) continue;
    out[spec.key] = spec.form === "switch" ? texts : fromFlags(spec, [texts].flat() as string[]);
  }
  return out;
}

function spellings(spec: OptionSpec): Option[] {
  const { key, flag, aliases, short, form } = spec;
  const value = form === "switch" ? "" : ` <${key}>`;
  const named = short === undefined ? `--${flag}` : `-${short}, --${flag}`;
  const shown = form === "switch" && spec.default === true ? `--no-${flag}` : named + value;
  const hidden = aliases.map((alias) => `--${alias}${value}`);
  if (form === "switch") hidden.push(spec.default === true ? named : `--no-${flag}`);
  return [shown, ...hidden].map((flags, index) => {
    const option = new KeyOption(flags, key).hideHelp(index > 0);
    return form === "switch" ? option : option.argParser<string[]>((text, before) => [...(before ?? []), text]);
  });
}

/** What commander cannot know: options of the config file alone, and which word was too many. */
function explained(
  { code, message }: CommanderError,
  { name, specs, argv }: { name: string; specs: readonly OptionSpec[]; argv: readonly string[] },
): string | undefined {
  const help = `See: uniconv help ${name}`;
  if (code === "commander.excessArguments") {
    const words = argv.filter((word) => !word.startsWith("-"));
    return `Too many arguments among ${words.map((word) => JSON.stringify(word)).join(", ")}: each value belongs behind its --option. ${help}`;
  }
  const typed = /unknown option '--([^'=]+)/.exec(message)?.[1]?.replaceAll("-", "_");
  const spec = specs.find(({ key, form }) => form === "config" && key === typed);
  if (spec !== undefined)
    return `Unknown option "--${spec.flag}": ${spec.key} has a structure of its own; set it in a YAML or JSON file and give that as --config. ${help}`;
  return undefined;
}

/** "error: unknown option '--inptu'\n(Did you mean --input?)" as sentences. */
function readable(message: string, name: string): string {
  const [what, hint] = message.replace(/^error: /, "").split("\n");
  const help = `See: uniconv help ${name}`;
  const sentence = what!.charAt(0).toUpperCase() + what!.slice(1).replaceAll("'", '"').replace(/\.?$/, ".");
  return [sentence, hint?.replace(/^\(|\)$/g, ""), help].filter((part) => part !== undefined).join(" ");
}
