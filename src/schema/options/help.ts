/** @file Options of `uniconv help`. */
import { z } from "zod";

export const HelpOptions = z.strictObject({
  topic: z
    .string()
    .optional()
    .describe("A command, or a topic: exit-codes, formats, metrics, environment")
    .meta({ group: "what", positional: true, metavar: "TOPIC" }),
});
