/** @file `uniconv --help`: what it is, how to begin, the commands. */
import { packageVersion } from "../../util/package-root.ts";
import { allCommands } from "../registry.ts";
import { topicNames } from "./topics.ts";
import { twoColumns, wrap } from "./layout.ts";

export async function overview(columns: number): Promise<string> {
  const commands = await allCommands();
  const lines = [
    `uniconv ${packageVersion()}: train one language model that both retrieves and answers in conversations, and measure it.`,
    "",
    "Examples:",
    "  # See the whole of it work on a small sample, in some minutes",
    "  uniconv quickstart",
    "  # Read about one stage",
    "  uniconv help train",
    "",
    "Usage: uniconv COMMAND [options]",
    "",
    "Commands:",
    ...twoColumns(
      commands.map((command) => ({ left: [command.name, ...command.aliases].join(", "), right: command.summary })),
      columns,
    ),
    "",
    "Options:",
    ...twoColumns(
      [
        { left: "-h, --help", right: "Show this help; uniconv COMMAND --help shows the command's" },
        { left: "-V, --version", right: "Show the version" },
      ],
      columns,
    ),
    "",
    ...wrap(`More: uniconv help TOPIC, where TOPIC is a command or ${topicNames().join(", ")}.`, columns),
  ];
  return `${lines.join("\n")}\n`;
}
