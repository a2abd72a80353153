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
  /** Words that an operand may be. */
  operands: readonly string[];
  /** An operand may be a file or folder too. */
  files: boolean;
  flags: readonly CompletionFlag[];
}

export async function completionWords(): Promise<CompletionCommand[]> {
  const commands = await allCommands();
  const names = commands.map(({ name }) => name);
  return Promise.all(
    commands.map(async (command) => {
      const own = optionSpecs(await command.options());
      const positional = own.filter((spec) => spec.positional);
      const help = command.name === "help";
      return {
        name: command.name,
        aliases: command.aliases,
        about: command.summary,
        operands: help ? [...names, ...topicNames()] : positional.flatMap(({ choices }) => choices),
        files: !help && positional.some(({ choices }) => choices.length === 0),
        flags: [...own, ...commonSpecs(own, { presets: command.presets === true })]
          .filter((spec) => !spec.positional && spec.form !== "config")
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
