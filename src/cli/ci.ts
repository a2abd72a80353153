/** @file What a command tells the CI it runs in. */
import { appendFileSync } from "node:fs";
import { attempt } from "../util/io-errors.ts";

/** Adds Markdown to the summary of a GitHub job, where there is one: only then is it made. */
export async function jobSummary(markdown: () => string | Promise<string>, environment: NodeJS.ProcessEnv = process.env): Promise<void> {
  const file = environment["GITHUB_STEP_SUMMARY"];
  if (file === undefined || file === "") return;
  const text = await markdown();
  attempt(file, "write", () => appendFileSync(file, `${text}\n`));
}

/** GitHub's annotations of what failed, a line each. */
export function annotations(failures: readonly string[], title: string): string[] {
  return failures.map((text) => `::error title=${property(title)}::${data(text)}`);
}

const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
