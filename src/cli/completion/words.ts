/** @file What can be completed, the same for every shell. */
import { presetNames } from "../options/config-file.ts";
import { commonSpecs } from "../options/resolve.ts";
import { type OptionSpec, optionSpecs } from "../options/spec.ts";
import { topicNames } from "../help/topics.ts";
import { allCommands } from "../registry.ts";

export interface CompletionFlag {
  /** With dashes; the negated form where that is the useful one. */
  flag: string;
  short: string | undefined;
  about: string;
  /** What follows: nothing, one of these words, a file, or anything. */
  value: "none" | "file" | "text" | readonly string[];
}

export interface CompletionCommand {
  name: string;
  aliases: readonly string[];
  about: string;
  /** What an operand may be. */
  operands: readonly string[];
  flags: readonly CompletionFlag[];
}

export async function completionWords(): Promise<CompletionCommand[]> {
  const commands = await allCommands();
  const names = commands.map(({ name }) => name);
  return Promise.all(
    commands.map(async (command) => {
      const own = optionSpecs(await command.options());
      const operand = own.find(({ positional }) => positional);
      return {
        name: command.name,
        aliases: command.aliases,
        about: command.summary,
        operands: command.name === "help" ? [...names, ...topicNames()] : (operand?.choices ?? []),
        flags: [...own, ...commonSpecs(own, { presets: command.presets === true })]
          .filter(({ positional, form }) => !positional && form !== "config")
          .map(flagOf),
      };
    }),
  );
}

function flagOf({ key, flag, short, form, default: fallback, summary, choices, metavar }: OptionSpec): CompletionFlag {
  const negated = form === "switch" && fallback === true;
  const named = key === "preset" && choices.length === 0 ? presetNames() : choices;
  const value = form === "switch" ? "none" : named.length > 0 ? named : /PATH|FILE|DIR/.test(metavar) ? "file" : "text";
  return { flag: `--${negated ? "no-" : ""}${flag}`, short: short === undefined ? undefined : `-${short}`, about: summary, value };
}
