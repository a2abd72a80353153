/** @file `uniconv validate PATH…` */
import { defineCommand } from "../command.ts";
import { shown } from "../outcome.ts";

export const command = defineCommand({
  name: "validate",
  summary: "Check artifacts, their files, or a dataset's files, and list every problem with its place",
  details:
    "Exit 0 where nothing is wrong, 1 where something is. A folder is checked against its manifest (bytes, hashes, rows), its records against their schemas, a checkpoint against its config.json.",
  order: 86,
  examples: [
    { text: "An artifact, seal and content", run: "uniconv validate prepared run responses" },
    { text: "A file by itself", run: "uniconv validate my-run.txt --as run" },
    { text: "A downloaded file, before it is prepared", run: "uniconv validate --dataset inscit dev.json" },
  ],
  options: async () => (await import("../../schema/options/validate.ts")).ValidateOptions,
  async run(options, context) {
    const { validate } = await import("../../pipelines/validate.ts");
    const { checked, problems, found } = await validate(options, context);
    const lines = checked.map(
      ({ path, as, records }) => `${shown(path)}: ${as}${records === undefined ? "" : `, ${records} good records`}`,
    );
    const more = found > problems.length ? [`and ${found - problems.length} more`] : [];
    const verdict = found === 0 ? "Nothing is wrong." : `${found} ${found === 1 ? "problem" : "problems"}:`;
    const failed = found === 0 ? [] : [`${found} ${found === 1 ? "problem" : "problems"} found`];
    return { result: { valid: found === 0, checked, problems, found }, text: [...lines, verdict, ...problems, ...more].join("\n"), failed };
  },
});
