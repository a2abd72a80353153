/** @file Kills one run again and again, resumes it each time, and compares what it wrote with what an undisturbed run wrote. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Rng } from "../../src/util/rng.ts";
import { describeStrike, drawStrike, type Ended, orphansOf, run, type Strike } from "./strike.ts";

export interface Subject {
  /** Without `--output` and `--resume`. */
  args: readonly string[];
  /** Where an undisturbed run wrote, in `whole` milliseconds. */
  wanted: string;
  whole: number;
  /** Where the runs that are killed write. */
  output: string;
  /** Whether the stage leaves checkpoints to wait for. */
  marks: boolean;
}

export interface SeriesResult {
  kills: number;
  /** Runs that were brought to their end and compared. */
  compared: number;
  /** One line each; empty when all went as promised. */
  problems: string[];
}

/** Wall-clock files are outside the promise. */
const WALL_CLOCK = /(^|\/)(timing\.jsonl|events\.out\.tfevents\.[^/]*)$/;

/** sha256 by relative path, wall-clock files left out. */
export function hashes(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .filter((name) => !WALL_CLOCK.test(name))
    .sort();
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(dir, name)))
        .digest("hex"),
    ]),
  );
}

/** Strikes until `kills` runs were hit; a run that comes to its end is compared, and the next begins from nothing. */
export async function series(
  subject: Subject,
  { kills, rng, onKill = () => {} }: { kills: number; rng: Rng; onKill?: (strike: Strike) => void },
): Promise<SeriesResult> {
  const { args, output } = subject;
  const result: SeriesResult = { kills: 0, compared: 0, problems: [] };
  const problem = (text: string) => result.problems.push(`after kill ${result.kills}: ${text}`);
  const command = [...args, "--output", output, "--resume"];
  const left: number[] = [];
  while (result.kills < kills && result.problems.length === 0) {
    const strike = drawStrike(rng, subject);
    const ended = await run(command, { output, strike });
    left.push(...ended.left);
    if (ended.struck) {
      result.kills++;
      onKill(strike);
    }
    const wrong = wrongEnd(ended, strike);
    if (wrong !== undefined) problem(`${describeStrike(strike)}: ${wrong}`);
    else if (existsSync(output)) compare(subject, result, problem);
  }
  if (result.problems.length === 0 && !existsSync(output)) {
    const last = await run(command, { output });
    if (last.code === 0) compare(subject, result, problem);
    else problem(`the resumed run left with ${last.code ?? last.signal}: ${last.stderr}`);
  }
  const orphans = await orphansOf(left);
  if (orphans.length > 0) problem(`processes ${orphans.join(", ")} outlived their command line`);
  return result;
}

/** Found different: stays where it is. Found equal: removed, for the next run to begin from nothing. */
function compare({ wanted, output }: Subject, result: SeriesResult, problem: (text: string) => void): void {
  const [expected, found] = [hashes(wanted), hashes(output)];
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  const different = names.filter((name) => expected[name] !== found[name]);
  if (different.length > 0) return problem(`${different.join(", ")} of ${output} differ from ${wanted}`);
  if (existsSync(`${output}.partial`)) return problem(`${output}.partial was left beside the finished output`);
  result.compared++;
  rmSync(output, { recursive: true });
}

/** How else a struck run ended than its strike explains; undefined where all is well. */
function wrongEnd({ code, signal, stderr, struck }: Ended, strike: Strike): string | undefined {
  // Struck before it could listen, it dies of the signal itself, as any program.
  const allowed = { SIGKILL: [0, 4], SIGINT: [0, 130], SIGTERM: [0, 143] }[strike.signal];
  const fine = struck ? allowed.includes(code ?? -1) || signal === strike.signal : code === 0;
  if (fine) return undefined;
  return `left with ${code ?? signal}${struck ? "" : " by itself"}: ${stderr.trim().split("\n").slice(-6).join("\n")}`;
}
