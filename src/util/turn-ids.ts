/** @file Turn ids as other groups write them: a template such as `QReCC-Test_{conversation}_{turn}` says how to read ours, `<conversation>_<turn>`, out of one. */
import { closest } from "./closest.ts";
import { DataError, UsageError } from "./errors.ts";

export interface IdFormat {
  /** As it was given, or the template behind a name. */
  template: string;
  /** Our id; undefined where the template does not fit. */
  ours(id: string): string | undefined;
}

/** By the publication that writes its turns so. */
export const ID_FORMATS = {
  // RetPO and QRACDR: TopiOCQA's `1-2`.
  retpo: "{conversation}-{turn}",
  // ConvGQR, HAConvDR, LeCoRE, RetPO: `QReCC-Test_1_2`, `TopiOCQA-Dev_1_2`.
  qrecc: "QReCC-{*}_{conversation}_{turn}",
  topiocqa: "TopiOCQA-{*}_{conversation}_{turn}",
  // CHIQ: `Inscit-Test-<dialogue>_<its position>_<turn>`.
  inscit: "Inscit-{*}-{conversation}_{*}_{turn}",
  // OR-QuAC: `<dialogue>_q#0` is the first question.
  "or-quac": "{conversation}_q#{turn0}",
  // Turns counted from 0.
  zero: "{conversation}_{turn0}",
  // Queries that stand alone, such as MS MARCO's: one turn each.
  query: "{conversation}",
} as const;

const PLACES = "{conversation}, {turn} (counted from 1) or {turn0} (from 0), and {*} for what does not matter";

/** A name of `ID_FORMATS`, or a template. Throws `UsageError`. */
export function idFormat(given: string): IdFormat {
  if (!given.includes("{")) return compile(named(given));
  return compile(given);
}

function named(name: string): string {
  const formats: Record<string, string> = ID_FORMATS;
  const found = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (found !== undefined) return found;
  const near = closest(name, Object.keys(formats));
  throw new UsageError(
    `id format "${name}"${near === undefined ? "" : ` (did you mean ${near}?)`}: expected auto, none, ${Object.keys(formats).join(", ")}, or a template of ${PLACES}`,
  );
}

function compile(template: string): IdFormat {
  const parts = template.split(/(\{[^{}]*\})/);
  const places = parts.filter((_, at) => at % 2 === 1);
  const wrong = places.find((place) => !["{conversation}", "{turn}", "{turn0}", "{*}"].includes(place));
  if (wrong !== undefined) throw new UsageError(`id format "${template}": ${wrong} means nothing; there are ${PLACES}`);
  const numbers = places.filter((place) => place.startsWith("{turn"));
  if (places.filter((place) => place === "{conversation}").length !== 1 || numbers.length > 1)
    throw new UsageError(
      `id format "${template}": expected {conversation} once, and {turn} or {turn0} once (without one, every id is the first turn)`,
    );
  if (parts.some((text, at) => text === "" && at % 2 === 0 && at > 0 && at < parts.length - 1))
    throw new UsageError(`id format "${template}": two places need something between them that tells where the first one ends`);
  // The conversation takes all it can: what follows it is read from the right, so its name may hold any separator.
  const patterns: Record<string, string> = {
    "{conversation}": "(?<conversation>.+)",
    "{turn}": "(?<turn>\\d{1,9})",
    "{turn0}": "(?<turn>\\d{1,9})",
  };
  const pattern = new RegExp(`^${parts.map((part, at) => (at % 2 === 0 ? literally(part) : (patterns[part] ?? ".+?"))).join("")}$`, "su");
  const first = numbers[0] === "{turn0}" ? 0 : 1;
  return {
    template,
    ours(id) {
      const groups = pattern.exec(id)?.groups;
      if (groups === undefined) return undefined;
      const turn = groups["turn"] === undefined ? 1 : Number(groups["turn"]) - first + 1;
      return turn < 1 ? undefined : `${groups["conversation"]}_${turn}`;
    },
  };
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

/** The turns of one file, each under our id. */
export class TurnNames {
  readonly #file: string;
  readonly #formats: readonly IdFormat[];
  readonly #otherwise: "keep" | "refuse";
  readonly #ours = new Map<string, string>();
  readonly #theirs = new Map<string, string>();
  /** Turns read by each template. */
  readonly counts = new Map<string, number>();

  /** An id that no format fits is kept as it is, or refused. */
  constructor({ file, formats, otherwise }: { file: string; formats: readonly IdFormat[]; otherwise: "keep" | "refuse" }) {
    this.#file = file;
    this.#formats = formats;
    this.#otherwise = otherwise;
  }

  /** Throws `DataError` for an id that does not fit, and for two ids that would be one turn. */
  ours(id: string, line?: number): string {
    const known = this.#ours.get(id);
    if (known !== undefined) return known;
    const ours = this.#read(id, line);
    const twin = this.#theirs.get(ours);
    if (twin !== undefined)
      throw new DataError(`${JSON.stringify(id)} and ${JSON.stringify(twin)} are both the turn ${JSON.stringify(ours)} (${this.#rule()})`, {
        file: this.#file,
        line,
      });
    this.#ours.set(id, ours);
    this.#theirs.set(ours, id);
    return ours;
  }

  #read(id: string, line: number | undefined): string {
    for (const { template, ours } of this.#formats) {
      const found = ours(id);
      if (found === undefined) continue;
      this.counts.set(template, (this.counts.get(template) ?? 0) + 1);
      return found;
    }
    if (this.#otherwise === "keep") return id;
    const counted = this.#formats.some(({ template }) => compile(template.replace("{turn}", "{turn0}")).ours(id) !== undefined);
    const hint = counted ? ", which counts turns from 1; {turn0} counts from 0" : "";
    throw new DataError(`turn id ${JSON.stringify(id)} does not fit ${this.#rule()}${hint}`, { file: this.#file, line });
  }

  #rule(): string {
    return this.#formats.map(({ template }) => `the format "${template}"`).join(" or ");
  }
}

/** The format under which the most of `ids` are turns of `wanted`; undefined where none is, or where they are as they stand. */
export function guessFormat(ids: readonly string[], wanted: ReadonlySet<string>): IdFormat | undefined {
  let best: IdFormat | undefined;
  let most = ids.filter((id) => wanted.has(id)).length;
  for (const template of Object.values(ID_FORMATS)) {
    const format = compile(template);
    const read = ids.map((id) => format.ours(id));
    if (read.includes(undefined)) continue;
    const shared = read.filter((id) => wanted.has(id!)).length;
    if (shared > most) [best, most] = [format, shared];
  }
  return best;
}
