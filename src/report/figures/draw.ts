/** @file Figures as files: NAME.svg and, beside it, NAME.vl.json, from which anybody can draw it again or change it. */
import { join } from "node:path";
import { makeFolder, writeFileAtomic } from "../../util/files.ts";
import type { Figure, Spec } from "./figure.ts";
import { renderer } from "./render.ts";

export interface Drawing extends Figure {
  svg: string;
}

export async function drawAll(figures: readonly Figure[]): Promise<Drawing[]> {
  const drawn: Drawing[] = [];
  for (const figure of figures) drawn.push({ ...figure, svg: await (await renderer()).svg(figure.spec, figure.title) });
  return drawn;
}

/** Makes the folder; files of other names in it are left alone. */
export function writeDrawings(dir: string, drawings: readonly Drawing[]): void {
  makeFolder(dir);
  for (const { name, svg, spec } of drawings) {
    writeFileAtomic(join(dir, `${name}.svg`), svg);
    writeFileAtomic(join(dir, `${name}.vl.json`), specText(spec));
  }
}

/** The data last, a row per line. */
function specText({ data, ...rest }: Spec): string {
  const rows = (data as { values: unknown[] }).values.map((row) => `  ${JSON.stringify(row)}`);
  return `${JSON.stringify(rest, undefined, 1).replace(/\n\}$/, "")},\n "data": {"values": [\n${rows.join(",\n")}\n ]}\n}\n`;
}
