/** @file `uniconv completion SHELL`: commands, flags and choices from the same schemas as the rest. */
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "completion",
  summary: "Print a completion script for bash, zsh or fish",
  order: 91,
  examples: [
    { text: "For this shell only", run: "source <(uniconv completion bash)" },
    { text: "For every zsh to come", run: 'uniconv completion zsh > "$HOME/.zfunc/_uniconv"' },
    { text: "For every fish to come", run: "uniconv completion fish > ~/.config/fish/completions/uniconv.fish" },
  ],
  options: async () => (await import("../../schema/options/completion.ts")).CompletionOptions,
  async run({ shell }) {
    const { completionWords } = await import("../completion/words.ts");
    const { scripts } = await import("../completion/scripts.ts");
    const script = scripts[shell](await completionWords());
    return { result: { shell, script }, text: script };
  },
});
