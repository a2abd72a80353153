/** @file Help of one command: examples first, then the options by group, with defaults; all of it from the schema. */
import type { Command } from "../command.ts";
import { commonSpecs } from "../options/resolve.ts";
import { type OptionSpec, optionSpecs } from "../options/spec.ts";
import { twoColumns, wrap } from "./layout.ts";

export async function commandHelp(command: Command, columns: number): Promise<string> {
  const own = optionSpecs(await command.options());
  const specs = [...own, ...commonSpecs(own, { presets: command.presets === true })];
  const operands = own.filter(({ positional }) => positional);
  const usage = ["uniconv", command.name, ...operands.map(operandUsage), "[options]"].join(" ");
  const alias = command.aliases.length === 0 ? [] : [`Also: uniconv ${command.aliases.join(", ")}`];
  const lines = [
    ...wrap(`${command.summary}.`, columns),
    "",
    "Examples:",
    ...command.examples.flatMap(({ text, run }) => [...wrap(text, columns - 4).map((line) => `  # ${line}`), `  ${run}`]),
    "",
    `Usage: ${usage}`,
    ...alias,
    ...(command.details === undefined ? [] : ["", ...command.details.split("\n").flatMap((line) => wrap(line, columns))]),
  ];
  for (const [group, members] of grouped(specs)) {
    lines.push("", `${group.charAt(0).toUpperCase()}${group.slice(1)}:`);
    lines.push(
      ...twoColumns(
        members.map((spec) => ({ left: leftOf(spec), right: rightOf(spec) })),
        columns,
      ),
    );
  }
  lines.push("", ...wrap("Every option is also a key of the config file (batch_size) and a variable (UNICONV_BATCH_SIZE).", columns));
  return `${lines.join("\n")}\n`;
}

function grouped(specs: readonly OptionSpec[]): [string, OptionSpec[]][] {
  const groups = new Map<string, OptionSpec[]>();
  for (const spec of specs) groups.set(spec.group, [...(groups.get(spec.group) ?? []), spec]);
  return [...groups];
}

function operandUsage(spec: OptionSpec): string {
  return spec.required ? operand(spec) : `[${operand(spec)}]`;
}

const operand = ({ metavar, form }: OptionSpec): string => (form === "many" ? `${metavar}…` : metavar);

function leftOf(spec: OptionSpec): string {
  if (spec.positional) return operand(spec);
  if (spec.form === "config") return spec.key;
  const dash = spec.short === undefined ? "" : `-${spec.short}, `;
  if (spec.form === "switch") return `${dash}--${spec.default === false ? "" : "[no-]"}${spec.flag}`;
  return `${dash}--${spec.flag} ${spec.metavar}`;
}

function rightOf(spec: OptionSpec): string {
  const notes: string[] = [];
  if (spec.required) notes.push("required");
  if ((spec.form === "many" || spec.form === "pairs") && !spec.positional && !/repeatable/.test(spec.summary)) notes.push("repeatable");
  if (spec.form === "config" && !/config file/.test(spec.summary)) notes.push("config file only");
  const shown = defaultText(spec);
  if (shown !== undefined) notes.push(`default: ${shown}`);
  return notes.length === 0 ? spec.summary : `${spec.summary} [${notes.join("; ")}]`;
}

/** What is off, empty or absent goes without saying. */
function defaultText({ default: value, form }: OptionSpec): string | undefined {
  if (form === "switch") return value === true ? "on" : undefined;
  if (value === undefined || value === "") return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(" ");
  if (typeof value === "string") return value;
  const text = JSON.stringify(value);
  return text === "{}" ? undefined : text;
}
