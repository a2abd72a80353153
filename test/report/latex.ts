/** @file Reads a LaTeX table back, as strictly as TeX would: whatever it does not know is an error. */

/** Commands that stand for a sign, and what a reader sees. */
const SIGNS: Record<string, string> = {
  textbackslash: "\\",
  textasciitilde: "~",
  textasciicircum: "^",
  textless: "<",
  textgreater: ">",
  textbar: "|",
  textquotedblright: '"',
  "`": "`",
  times: "×",
  dots: "…",
  neq: "≠",
  dagger: "†",
  le: "≤",
  ge: "≥",
  "{": "{",
  "}": "}",
  $: "$",
  "&": "&",
  "%": "%",
  "#": "#",
  _: "_",
};

/** Commands around text, and what stands for them in the result. */
const WRAPPERS: Record<string, string> = { textbf: "best", underline: "second" };

/** Text as a reader sees it: superscripts as ^(…), emphasis as best(…) and second(…). Throws on a sign that TeX would act on. */
export function typeset(source: string): string {
  let at = 0;
  let depth = 0;
  /** How deep in groups the formula that is open began. */
  let math: number | undefined;
  const group = (): string => {
    if (source[at] !== "{") throw new Error(`no { at ${at} of ${source}`);
    at++;
    depth++;
    const inner = read("}");
    depth--;
    at++;
    return inner;
  };
  const read = (end: string | undefined): string => {
    let out = "";
    while (at < source.length && source[at] !== end) {
      const character = source[at]!;
      if (character === "\\") {
        const name = /^(?:[a-zA-Z]+|.)/.exec(source.slice(at + 1))![0];
        at += 1 + name.length;
        if (name in WRAPPERS) out += `${WRAPPERS[name]}(${group()})`;
        else if (name === "scriptsize") at += source[at] === " " ? 1 : 0;
        else if (name in SIGNS) {
          // The space after a command of letters is lost: a group has to end it.
          if (/^[a-z]/.test(name) && /[a-zA-Z ]/.test(source[at] ?? "")) throw new Error(`\\${name} eats what follows it in ${source}`);
          out += SIGNS[name];
        } else throw new Error(`\\${name} in ${source}`);
      } else if (character === "$") {
        // A formula ends where it began: not inside a group of it.
        if (math !== undefined && math !== depth) throw new Error(`$ within a formula at ${at} of ${source}`);
        math = math === undefined ? depth : undefined;
        at++;
      } else if (character === "^" && math !== undefined) {
        at++;
        out += `^(${group()})`;
      } else if (character === "{") out += group();
      else if (/[}&%#_~^<>|"`]/.test(character)) throw new Error(`bare ${character} at ${at} of ${source}`);
      else {
        const run = /^(--?-?|,,|''|.)/su.exec(source.slice(at))![0];
        if (run === ",," || run === "''") throw new Error(`ligature ${run} in ${source}`);
        out += run === "--" ? "–" : run === "---" ? "—" : run;
        at += run.length;
      }
    }
    if (end !== undefined && source[at] !== end) throw new Error(`no ${end} in ${source}`);
    return out;
  };
  const out = read(undefined);
  if (math !== undefined) throw new Error(`no closing $ in ${source}`);
  return out;
}

export interface ReadTable {
  caption: string;
  label: string;
  columns: string;
  titles: string[];
  rows: string[][];
}

/** Every table of a source. Throws where the number of cells is not that of the columns, or a row could be taken for an argument. */
export function readLatexTables(source: string): ReadTable[] {
  return source
    .split("\\begin{table}[t]\n")
    .slice(1)
    .map((text) => {
      const [, caption] = /^\\caption\[\{.*?\}\]\{(.*)\}$/m.exec(text)!;
      const [, label] = /^\\label\{(tab:[a-z0-9-]+)\}$/m.exec(text)!;
      const [, columns, inside] = /^\\begin\{tabular\}\{([lr]+)\}\n\\toprule\n(.*)\n\\bottomrule\n\\end\{tabular\}\n\\end\{table\}/ms.exec(
        text,
      )!;
      const lines = inside!.split("\n").filter((line) => !line.startsWith("\\cmidrule"));
      const cells = lines.flatMap((line): string[][] => {
        if (line === "\\midrule") return [];
        if (!line.endsWith(" \\\\") || /^\s*[[*]/.test(line)) throw new Error(`a row that TeX reads otherwise: ${line}`);
        const parts = line.slice(0, -3).split(/(?<!\\)&/);
        if (parts.some((part) => part.includes("\\multicolumn"))) return [];
        if (parts.length !== columns!.length) throw new Error(`${parts.length} cells for ${columns!.length} columns: ${line}`);
        return [parts.map((part) => typeset(part.trim()))];
      });
      return { caption: typeset(caption!), label: label!, columns: columns!, titles: cells[0]!, rows: cells.slice(1) };
    });
}
