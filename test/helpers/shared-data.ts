/** @file Real data beside the checkout: tests that need it skip, and say why, where it is absent. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = process.env["UNICONV_TEST_DATA"] ?? resolve(import.meta.dirname, "../../../shared/data");

/** `describe.skipIf(data.absent)(data.title("…"), …)`: the reason stands in the title of what is skipped. */
export function needs(...parts: string[]): { path: string; absent: boolean; title(text: string): string } {
  const path = join(ROOT, ...parts);
  const absent = !existsSync(path);
  return { path, absent, title: (text) => (absent ? `${text} [skipped: no ${path}; set UNICONV_TEST_DATA]` : text) };
}
