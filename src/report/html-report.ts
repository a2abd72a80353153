/** @file An evaluation as one HTML file: no script, nothing from elsewhere, fit to print. */
import type { Evaluation, Verdict } from "../schema/evaluation.ts";
import { escapeHtml, htmlTable } from "./html-table.ts";
import { type Section, sectionsOf } from "./sections.ts";

const STYLE = `
  :root { color-scheme: light dark; --line: #8884; --bad: #c62828; --good: #2e7d32; }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem; }
  h1, h2 { font-weight: 600; line-height: 1.2; } h2 { margin-top: 2.5rem; font-size: 1.2rem; }
  .wide { overflow-x: auto; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
  th { border-bottom-width: 2px; } .right { text-align: right; } .group { text-align: center; } sup { line-height: 0; }
  ul.notes { font-size: .85rem; opacity: .8; padding-left: 1.2rem; } code { font-size: .85em; overflow-wrap: anywhere; }
  .failed { color: var(--bad); font-weight: 600; } .passed { color: var(--good); }
  .figures { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; } figure { margin: 0; background: white; }
  figure svg { display: block; max-width: 100%; height: auto; }
  @media print { body { margin: 0; max-width: none; font-size: 11px; } h2 { break-after: avoid; } tr { break-inside: avoid; } .wide { overflow: visible; } figure { break-inside: avoid; } }
`;

export interface Page {
  /** The first is the page's subject. */
  sections: readonly Section[];
  verdicts: readonly Verdict[];
  warnings: readonly string[];
  /** SVG documents of our own making. */
  figures: readonly { svg: string }[];
  inputs: readonly { path: string; sha256: string }[];
}

export function htmlReport({ evaluation, ...rest }: { evaluation: Evaluation } & Pick<Page, "verdicts" | "figures" | "inputs">): string {
  return htmlPage({ sections: sectionsOf(evaluation), warnings: evaluation.warnings, ...rest });
}

export function htmlPage({ sections, verdicts, warnings, figures, inputs }: Page): string {
  const [first, ...others] = sections;
  const parts = [
    `<h1>${escapeHtml(first!.title)}</h1>`,
    htmlTable(first!.table),
    ...(verdicts.length > 0 ? ["<h2>Thresholds</h2>", list(verdicts.map(verdictItem))] : []),
    ...(figures.length > 0 ? ["<h2>Figures</h2>", `<div class="figures">${figures.map(figure).join("\n")}</div>`] : []),
    ...others.flatMap(({ title, table }) => [`<h2>${escapeHtml(title)}</h2>`, htmlTable(table)]),
    ...(warnings.length > 0 ? ["<h2>Warnings</h2>", list(warnings.map(escapeHtml))] : []),
    "<h2>Inputs</h2>",
    list(inputs.map(({ path, sha256 }) => `<code>${escapeHtml(path)}</code> sha256 <code>${sha256}</code>`)),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation</title>
<style>${STYLE}</style>
</head>
<body>
${parts.join("\n")}
</body>
</html>
`;
}

/** White also in the dark: the ink of a figure is black. */
const figure = ({ svg }: { svg: string }): string => `<figure>${svg.trimEnd()}</figure>`;

const list = (items: readonly string[]): string => `<ul>\n${items.map((item) => `<li>${item}</li>`).join("\n")}\n</ul>`;

function verdictItem({ dataset, system, metric, least, problem }: Verdict): string {
  if (problem !== undefined) return `<span class="failed">failed</span> ${escapeHtml(problem)}`;
  const subject = dataset === undefined ? system : `${dataset}: ${system}`;
  return `<span class="passed">passed</span> ${escapeHtml(`${subject}: ${metric} is at least ${least}`)}`;
}
