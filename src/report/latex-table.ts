/** @file A table in LaTeX with booktabs' rules, to be put into a paper: every sign of a name that LaTeX would act on is escaped. */
import { type Cell, type Column, headings, printable, scoreCell, type ScoreCell, type Table } from "./table.ts";

/** What a document needs before any of the tables. */
export const LATEX_PREAMBLE =
  "% Needs \\usepackage{booktabs}; names in other than Latin letters need XeLaTeX or LuaLaTeX and a font that has them.";

/** A float with the title and the notes as its caption, and `tab:` and the title as its label. */
export function latexTable(title: string, { columns, rows, notes = [] }: Table): string {
  const cells = rows.flat().map(scoreCell);
  const emphasis = [
    ...(cells.some((cell) => cell.emphasis === "best") ? ["best of a column bold"] : []),
    ...(cells.some((cell) => cell.emphasis === "second") ? ["second best underlined"] : []),
  ].join(", ");
  const caption = [title, ...notes, ...(emphasis === "" ? [] : [emphasis])].map(sentence);
  return [
    "\\begin{table}[t]",
    "\\centering",
    // In braces: a bracket of the title would end the short caption.
    `\\caption[{${escapeLatex(title)}}]{${caption.join(" ")}}`,
    `\\label{tab:${slug(title)}}`,
    `\\begin{tabular}{${columns.map(({ align }) => (align === "right" ? "r" : "l")).join("")}}`,
    "\\toprule",
    ...groupLines(columns),
    line(columns.map(({ title: text }) => escapeLatex(text))),
    "\\midrule",
    ...rows.map((row) => line(columns.map((_, c) => latexCell(row[c])))),
    "\\bottomrule",
    "\\end{tabular}",
    "\\end{table}",
  ].join("\n");
}

/** Lines under a table begin small, sentences do not; a name stays as it is. */
function sentence(note: string): string {
  const text = note.replace(/^(?:letters(?=:)|[a-z]{3,}(?= ))/, (word) => word[0]!.toUpperCase() + word.slice(1));
  return `${escapeLatex(text).replace(/\.$/, "")}.`;
}

/** After a rule or `\\`, LaTeX reads `[` or `*` as an argument: braces keep it from that. */
const line = (cells: readonly string[]): string => `${cells.join(" & ")} \\\\`.replace(/^(?=\s*[[*])/, "{}");

function groupLines(columns: readonly Column[]): string[] {
  if (columns.every(({ group }) => group === undefined)) return [];
  let at = 0;
  const found = headings(columns).map(({ group, span }) => {
    at += span;
    return { group, span, rule: `\\cmidrule(lr){${at - span + 1}-${at}}` };
  });
  const titles = found.map(({ group, span }) => (group === undefined ? "" : `\\multicolumn{${span}}{c}{${escapeLatex(group)}}`));
  return [line(titles), found.flatMap(({ group, rule }) => (group === undefined ? [] : rule)).join(" ")];
}

function latexCell(given: Cell | undefined): string {
  const cell = scoreCell(given);
  const score = EMPHASISE[cell.emphasis ?? "none"](number(cell.text));
  const parts = [`${score}${raised(cell)}`];
  if (cell.delta !== undefined) parts.push(`(${number(cell.delta)})`);
  if (cell.interval !== undefined) parts.push(`{\\scriptsize [${cell.interval.split(", ").map(number).join(", ")}]}`);
  return parts.join(" ");
}

/** A number's minus is longer than a hyphen. */
function number(text: string): string {
  return /^-\d/.test(text) ? `$-$${escapeLatex(text.slice(1))}` : escapeLatex(text);
}

/** Signs of superscripts, in math. `{-}`: no operator, and so no space around it. */
const RAISED: Record<string, string> = { "–": "{-}", "≠": "\\neq{}", "†": "\\dagger{}" };

const raised = ({ marks }: ScoreCell): string =>
  marks === undefined ? "" : `$^{${[...marks].map((sign) => RAISED[sign] ?? escapeLatex(sign)).join("")}}$`;

const EMPHASISE = {
  best: (text: string) => `\\textbf{${text}}`,
  second: (text: string) => `\\underline{${text}}`,
  none: (text: string) => text,
};

/** Text in which LaTeX sees nothing but text, whatever its font encoding, and no ligature that changes a sign. */
export function escapeLatex(text: string): string {
  return printable(text)
    .replace(/[\\{}$&%#_~^<>|"`×…−≠†≤≥]/g, (character) => ESCAPES[character]!)
    .replace(/([,'])(?=\1)|([-–—])(?=[-–—])/g, "$&{}")
    .replaceAll("–", "--")
    .replaceAll("—", "---");
}

const ESCAPES: Record<string, string> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  $: "\\$",
  "&": "\\&",
  "%": "\\%",
  "#": "\\#",
  _: "\\_",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  '"': "\\textquotedblright{}",
  "`": "\\`{}",
  "×": "$\\times$",
  "…": "\\dots{}",
  "−": "$-$",
  "≠": "$\\neq$",
  "†": "$\\dagger$",
  "≤": "$\\le$",
  "≥": "$\\ge$",
};

function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
