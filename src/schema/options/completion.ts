/** @file Options of `uniconv completion`. */
import { z } from "zod";

export const CompletionOptions = z.strictObject({
  shell: z.enum(["bash", "zsh", "fish"]).describe("The shell to write a script for").meta({ group: "what", positional: true }),
});
