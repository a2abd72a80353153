/** @file `uniconv doctor` */
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "doctor",
  summary: "Look at the machine: devices, libraries, what is missing and the command that fixes it",
  order: 5,
  examples: [
    { text: "Everything, as a list", run: "uniconv doctor" },
    { text: "For a bug report, or a program", run: "uniconv doctor --json" },
  ],
  details: "Exits 1 where something is broken that the CPU needs. A missing GPU or CUDA is information, not a fault.",
  options: async () => (await import("../../schema/options/doctor.ts")).DoctorOptions,
  async run(_options, context) {
    const { describeExamination, examine, MARKS } = await import("../../doctor/doctor.ts");
    const { sections, broken } = await examine(context);
    const checks = sections.flatMap((section) => section.checks);
    const colors = { [MARKS.ok]: "green", [MARKS.absent]: "dim", [MARKS.broken]: "red", "→": "yellow" } as const;
    return { result: { ok: broken.length === 0, checks }, text: describeExamination({ sections, broken }), colors, failed: broken };
  },
});
