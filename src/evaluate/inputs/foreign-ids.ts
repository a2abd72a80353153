/** @file `--id-format`: the files whose turns are named by somebody else's rule, and what each was read by. */
import { UsageError } from "../../util/errors.ts";
import { isDirectory } from "../../util/run-file.ts";
import { guessFormat, type IdFormat, idFormat, TurnNames } from "../../util/turn-ids.ts";

const SCOPES = ["qrels", "run", "responses", "by"] as const;
export type Scope = (typeof SCOPES)[number];

type Choice = IdFormat | "auto" | "none";

export class ForeignIds {
  readonly #choices = new Map<Scope | "every", Choice>();
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #used = new Set<Choice>();
  readonly #named: { file: string; names: TurnNames }[] = [];

  /** `turns`: the ids to arrive at, where they are known. Throws `UsageError`. */
  constructor(given: readonly string[], turns: readonly string[] | undefined) {
    this.#wanted = turns && new Set(turns);
    for (const one of given) {
      const scoped = /^(qrels|run|responses|by)=(.*)$/s.exec(one);
      const scope = (scoped?.[1] as Scope | undefined) ?? "every";
      if (this.#choices.has(scope))
        throw new UsageError(`--id-format ${one}: there is one for ${scope === "every" ? "all files" : scope} already`);
      const format = scoped?.[2] ?? one;
      if (format === "auto" && turns === undefined)
        throw new UsageError(`--id-format ${one} needs --input PREPARED: its turns tell what the ids should be. Name the format instead`);
      this.#choices.set(scope, format === "auto" || format === "none" ? format : idFormat(format));
    }
  }

  /** Reads a file whose ids may be foreign; a folder was made by uniconv and uses ours. */
  async read<T>({ scope, path, ids, read }: Reading<T>): Promise<T> {
    const choice = this.#choices.get(scope) ?? this.#choices.get("every") ?? "none";
    if (choice === "none" || isDirectory(path)) return await read();
    this.#used.add(choice);
    if (choice !== "auto") return await this.#by(choice, path, read);
    if (path === "-")
      throw new UsageError(`--id-format auto reads a file twice, which standard input cannot be; name the format of ${scope}`);
    const plain = await read();
    const guessed = guessFormat(ids(plain), this.#wanted!);
    return guessed === undefined ? plain : await this.#by(guessed, path, read);
  }

  async #by<T>(format: IdFormat, file: string, read: Reading<T>["read"]): Promise<T> {
    const names = new TurnNames({ file, formats: [format], otherwise: "refuse" });
    const value = await read(names);
    this.#named.push({ file, names });
    return value;
  }

  /** A line per file that was read by a rule, once all are read. Throws `UsageError` for a rule no file was read by. */
  finish(): string[] {
    for (const [scope, choice] of this.#choices)
      if (choice !== "none" && !this.#used.has(choice))
        throw new UsageError(
          `--id-format ${scope === "every" ? "" : `${scope}=`}${typeof choice === "string" ? choice : choice.template}: no file was read by it; folders made by uniconv have its own ids`,
        );
    return this.#named.flatMap(({ file, names }) => [...names.counts].map(([template, turns]) => `${file}: ${template} (${turns} turns)`));
  }
}

interface Reading<T> {
  scope: Scope;
  path: string;
  /** The turns a value read is about. */
  ids(value: T): readonly string[];
  read(names?: TurnNames): Promise<T>;
}

/** What to add to the command when `ids` of a file are none of `wanted`, as the end of a sentence. */
export function idHint(scope: Scope, ids: readonly string[], wanted: readonly string[]): string | undefined {
  const format = guessFormat(ids, new Set(wanted));
  return format && `they look like ${format.template}: add --id-format '${scope}=${format.template}'`;
}
