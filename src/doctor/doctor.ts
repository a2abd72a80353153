/** @file `doctor`: what this machine can do, what is missing, and the command that fixes it. */
import type { StageContext } from "../util/reporter.ts";
import type { Check } from "./check.ts";
import { cudaChecks } from "./cuda.ts";
import { machineChecks } from "./machine.ts";
import { runtimeChecks } from "./runtime.ts";

export interface Examination {
  sections: { title: string; checks: Check[] }[];
  /** What needed parts lack; work on the CPU is possible where it is empty. */
  broken: string[];
}

export async function examine(context: StageContext): Promise<Examination> {
  const sections = [
    { title: "Machine", checks: machineChecks(process.cwd()) },
    { title: "Packages", checks: await runtimeChecks(context) },
    { title: "CUDA (optional)", checks: await cudaChecks(context) },
  ];
  const broken = sections.flatMap(({ checks }) => checks.filter(({ status }) => status === "broken"));
  return { sections, broken: broken.map(({ name, found }) => `${name}: ${found}`) };
}

export const MARKS = { ok: "✓", absent: "–", broken: "✗" } as const;

/** Names in a column of their own, the commands that help below what they mend. */
export function describeExamination({ sections, broken }: Examination): string {
  const checks = sections.flatMap((section) => section.checks);
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = " ".repeat(width + 4);
  const lines = sections.flatMap(({ title, checks: own }) => [
    title,
    ...own.flatMap(({ status, name, found, fix }) => [
      `  ${MARKS[status]} ${name.padEnd(width)}  ${found.replaceAll("\n", `\n${indent}  `)}`,
      ...(status === "ok" ? [] : (fix ?? [])).map((command) => `${indent}  → ${command}`),
    ]),
    "",
  ]);
  const cuda = checks.some(({ id, status }) => id === "cuda.session" && status === "ok");
  const devices = cuda ? "CPU and CUDA (--device auto takes CUDA)" : "CPU (--device auto takes it)";
  return [...lines, broken.length === 0 ? `Work is possible on: ${devices}.` : `Something needed is broken: ${broken.length}.`].join("\n");
}
