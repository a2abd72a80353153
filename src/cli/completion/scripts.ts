/** @file The completion scripts. Names and choices hold no shell metacharacters; summaries are quoted. */
import type { CompletionCommand, CompletionFlag } from "./words.ts";

type Shell = "bash" | "zsh" | "fish";

export const scripts: Record<Shell, (commands: readonly CompletionCommand[]) => string> = { bash, zsh, fish };

const namesOf = ({ name, aliases }: CompletionCommand): string[] => [name, ...aliases];
const spellings = ({ flag, short }: CompletionFlag): string[] => (short === undefined ? [flag] : [short, flag]);
const single = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function bash(commands: readonly CompletionCommand[]): string {
  const cases = commands.map((command) => {
    const values = command.flags
      .filter(({ value }) => value !== "none")
      .map((flag) => `        ${spellings(flag).join("|")}) ${bashValue(flag)} ;;`);
    const words = [...command.operands, ...command.flags.flatMap(spellings)].join(" ");
    return [
      `    ${namesOf(command).join("|")})`,
      `      case "$previous" in`,
      ...values,
      `        *) words="${words}"${command.files ? " files=yes" : ""} ;;`,
      "      esac ;;",
    ].join("\n");
  });
  return `# bash completion of uniconv: source <(uniconv completion bash)
_uniconv() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words="" files=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${[...commands.flatMap(namesOf), "--help", "--version"].join(" ")}"
  else
    case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  local IFS=$'\n'
  if [ -n "$files" ]; then compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -F _uniconv uniconv
`;
}

function bashValue({ value }: CompletionFlag): string {
  if (value === "file") return "files=yes";
  return value === "text" || value === "none" ? "words=''" : `words="${value.join(" ")}"`;
}

function zsh(commands: readonly CompletionCommand[]): string {
  const list = commands.flatMap((command) =>
    namesOf(command).map((name) => `    ${single(`${name}:${command.about.replaceAll(":", "\\:")}`)}`),
  );
  const cases = commands.map((command) => {
    const operands = [
      ...(command.operands.length === 0 ? [] : [`'1:what:(${command.operands.join(" ")})'`]),
      ...(command.files ? ["'*:path:_files'"] : []),
    ];
    const flags = command.flags.flatMap((flag) =>
      spellings(flag).map((name) => single(`*${name}[${zshText(flag.about)}]${zshValue(flag)}`)),
    );
    return `        ${namesOf(command).join("|")}) _arguments ${[...operands, ...flags].join(" \\\n          ")} ;;`;
  });
  return `#compdef uniconv
# zsh completion of uniconv: uniconv completion zsh > a folder of $fpath, as _uniconv
_uniconv() {
  local -a commands
  commands=(
${list.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    _arguments '--help[Show help]' '--version[Show the version]'
  else
    local command="\${words[2]}"
    shift words
    (( CURRENT-- ))
    case "$command" in
${cases.join("\n")}
    esac
  fi
}
if [ "$funcstack[1]" = "_uniconv" ]; then _uniconv "$@"; else compdef _uniconv uniconv; fi
`;
}

const zshText = (text: string): string => text.replaceAll(/[[\]:\\]/g, (char) => `\\${char}`);

function zshValue({ value, flag }: CompletionFlag): string {
  if (value === "none") return "";
  const name = flag.replace(/^--/, "");
  return `:${name}:${value === "file" ? "_files" : value === "text" ? " " : `(${value.join(" ")})`}`;
}

function fish(commands: readonly CompletionCommand[]): string {
  const names = commands.flatMap(namesOf).join(" ");
  const lines = commands.flatMap((command) => {
    const inside = `-n '__fish_seen_subcommand_from ${namesOf(command).join(" ")}'`;
    return [
      ...namesOf(command).map((name) => `complete -c uniconv -n __fish_use_subcommand -f -a ${name} -d ${fishQuoted(command.about)}`),
      ...(command.files ? [`complete -c uniconv ${inside} -F`] : []),
      ...(command.operands.length === 0
        ? []
        : [`complete -c uniconv ${inside} ${command.files ? "" : "-f "}-a ${single(command.operands.join(" "))}`]),
      ...command.flags.map((flag) => `complete -c uniconv ${inside} ${fishFlag(flag)} -d ${fishQuoted(flag.about)}`),
    ];
  });
  return `# fish completion of uniconv: uniconv completion fish > ~/.config/fish/completions/uniconv.fish
# commands: ${names}
${lines.join("\n")}
`;
}

function fishFlag({ flag, short, value }: CompletionFlag): string {
  const names = [...(short === undefined ? [] : [`-s ${short.slice(1)}`]), `-l ${flag.slice(2)}`].join(" ");
  if (value === "none") return `${names} -f`;
  return value === "file" ? `${names} -r -F` : value === "text" ? `${names} -x` : `${names} -x -a ${single(value.join(" "))}`;
}

const fishQuoted = (text: string): string => `'${text.replaceAll(/['\\]/g, (char) => `\\${char}`)}'`;
