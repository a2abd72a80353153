/** @file What `uniconv help` says about a word. */
import { closest } from "../../util/closest.ts";
import { UsageError } from "../../util/errors.ts";
import { allCommands } from "../registry.ts";
import { commandHelp } from "./command-help.ts";
import { overview } from "./overview.ts";
import { topicNames, topicText } from "./topics.ts";

export async function explain(word: string | undefined, columns: number): Promise<string> {
  if (word === undefined) return overview(columns);
  const text = await topicText(word);
  if (text !== undefined) return text;
  const commands = await allCommands();
  const found = commands.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (found !== undefined) return commandHelp(found, columns);
  const names = [...commands.map(({ name }) => name), ...topicNames()];
  const near = closest(word, names);
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  throw new UsageError(`There is no help on "${word}".${hint} There is help on ${names.join(", ")}.`);
}
