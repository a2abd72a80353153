/** @file Comma-separated values as RFC 4180 has them: CRLF, a header, quotes where they are needed. */
import { printable } from "./table.ts";

/** Nothing, a number in full, a truth, or text. */
export type CsvValue = undefined | null | number | boolean | string;

/** Equal rows give equal bytes. Rows have a value per title. */
export function csv(titles: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return [titles, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

/**
 * A spreadsheet computes what begins with =, +, - or @, and a name is data: such a text gets the apostrophe that keeps a
 * spreadsheet from it. Numbers are left as they are.
 */
function field(value: CsvValue): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return String(value);
  const text = printable(value).replace(/^[=+\-@]/, "'$&");
  return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
