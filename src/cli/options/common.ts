/** @file The flags every command has; a command's own schema may define `preset` itself. */
import { z } from "zod";

const general = { group: "general" };

export const CommonOptions = z.strictObject({
  config: z
    .string()
    .optional()
    .describe("Read options from a YAML or JSON file; flags and UNICONV_* variables count more")
    .meta({ ...general, metavar: "FILE" }),
  preset: z
    .string()
    .optional()
    .describe("Start from presets/NAME.yaml; the config file counts more")
    .meta({ ...general, metavar: "NAME" }),
  print_config: z.boolean().default(false).describe("Print the resolved options as a config file and stop").meta(general),
  print_schema: z.boolean().default(false).describe("Print the JSON Schema of the config file and stop").meta(general),
  dry_run: z.boolean().default(false).describe("Check options and inputs, say what would be done, and stop").meta(general),
  json: z.boolean().default(false).describe("One JSON object on stdout; errors as JSON on stderr").meta(general),
  quiet: z
    .boolean()
    .default(false)
    .describe("Only warnings and errors on stderr")
    .meta({ ...general, short: "q" }),
  verbose: z
    .boolean()
    .default(false)
    .describe("Say where options come from and what failed where")
    .meta({ ...general, short: "v" }),
  color: z.boolean().default(true).describe("Colours on a terminal; NO_COLOR and TERM=dumb turn them off too").meta(general),
  help: z
    .boolean()
    .default(false)
    .describe("Show this help")
    .meta({ ...general, short: "h" }),
});
export type CommonOptions = z.infer<typeof CommonOptions>;
