/** @file What `evaluate` puts on stdout, in each format; on a terminal with its width and its bold. */
import { csvOf, type CsvRow } from "../report/evaluation-csv.ts";
import { printed } from "../report/printed.ts";
import type { Section } from "../report/sections.ts";
import type { EvaluateOptions } from "../schema/options/evaluate.ts";
import { UsageError } from "../util/errors.ts";
import type { Outcome } from "./command.ts";
import { emphasis } from "./outcome.ts";

export interface Printable {
  /** `intervals: false` for a paper. */
  sections: (how: { intervals: boolean }) => readonly Section[];
  csv: () => readonly CsvRow[];
  /** Lines of --format trec_eval. */
  trecEval?: readonly string[];
  /** Several tables need their titles. */
  titled?: boolean;
  /** Annotations for GitHub, below the tables. */
  notes: readonly string[];
}

/** Annotations are for people and GitHub: a file of lines for programs would not be one any more. */
export function refuseMixed({ format, report }: EvaluateOptions): void {
  if (format === "table" || format === "markdown" || !report.includes("github")) return;
  throw new UsageError(`--report github prints annotations below the table: leave it out, or --format ${format}`);
}

export function evaluationText(
  format: EvaluateOptions["format"],
  { sections, csv, trecEval, titled = false, notes }: Printable,
): Pick<Outcome, "text" | "terminal"> {
  if (format === "trec_eval") return { text: trecEval!.join("\n") };
  if (format === "csv") {
    const text = csvOf(csv());
    // A terminal would show the carriage returns.
    return { text, terminal: ({ plain }) => plain(text.replaceAll("\r\n", "\n")).trimEnd() };
  }
  const found = sections({ intervals: format !== "latex" });
  const text = [printed(found, format, { titled }), ...notes].join("\n");
  if (format !== "table") return { text };
  return {
    text,
    terminal: ({ columns, bold, plain }) =>
      [printed(found, format, { titled, width: columns, paint: emphasis(bold) }), ...notes.map(plain)].join("\n"),
  };
}
