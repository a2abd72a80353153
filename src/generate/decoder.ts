/** @file Greedy decoding of a batch of prompts of unequal length over one cached graph. */
import type { Model } from "../models/family.ts";
import { cachedPass } from "../models/cached-pass.ts";
import type { Parameters } from "../models/parameters.ts";
import { floatsOf, Session, type SessionOptions, type Tensor } from "../onnx/session.ts";
import { DataError } from "../util/errors.ts";
import { KeyValueCache } from "./kv-cache.ts";

export interface Prompt {
  /** Names it in errors. */
  id: string;
  ids: Int32Array;
  /** The only columns that later tokens see; all of them where it is absent (`zero-shot-emb` keeps the embedding tokens). */
  visible: { start: number; length: number } | null;
}

export interface Decoded {
  /** Without the token that stopped it. */
  ids: number[];
  finish: "eos" | "length";
}

export interface DecoderOptions extends Omit<SessionOptions, "optimize" | "prepack"> {
  /** Hold the weights in memory, packed for the few rows of a step. */
  packed: boolean;
  max_positions: number;
  /** Tests ask for the logits of every step. */
  logits?: boolean;
  /** Tokens of a prompt that go through the graph at once: attention scores stay small however long it is. */
  chunk?: number;
}

export interface DecodeStep {
  /** The prompts that got a token, and the logits it was chosen from, if the graph gives them. */
  rows: readonly number[];
  logits: Float32Array | undefined;
  /** Responses that are complete, and tokens of the longest. */
  finished: number;
  tokens: number;
}

export interface DecodeOptions {
  max_new_tokens: number;
  stopIds: ReadonlySet<number>;
  /** Hears of every run of a graph; may throw to stop. */
  onStep?: (step: DecodeStep) => void;
}

const CHUNK = 512;
/** Rows × chunk. */
const PREFILL_TOKENS = 2048;

/** Rows that go on: where each stands in the batch, its next token and that token's position. */
interface Front {
  cache: KeyValueCache;
  rows: { prompt: number; next: number; position: number }[];
}

export class Decoder {
  readonly #sessions: { prefill: Session; step: Session };
  readonly #model: Model;
  readonly #chunk: number;

  private constructor(sessions: { prefill: Session; step: Session }, model: Model, chunk: number) {
    this.#sessions = sessions;
    this.#model = model;
    this.#chunk = chunk;
  }

  /** `parameters` gives the weights over a fresh graph each time: prefill and decode are two graphs of one model. */
  static async open(model: Model, parameters: () => Parameters, options: DecoderOptions): Promise<Decoder> {
    const { max_positions, logits = false, chunk = CHUNK, packed, ...where } = options;
    const session = (seq: 1 | "S", kept: boolean): Promise<Session> => {
      const weights = parameters();
      cachedPass(model, weights, { max_positions, seq, logits });
      return Session.create(weights.graph, { ...where, optimize: kept, prepack: kept });
    };
    return new Decoder({ prefill: await session("S", false), step: await session(1, packed) }, model, chunk);
  }

  /** Responses in the order of the prompts. */
  async decode(prompts: readonly Prompt[], { max_new_tokens, stopIds, onStep }: DecodeOptions): Promise<Decoded[]> {
    const decoded = prompts.map((): Decoded => ({ ids: [], finish: "length" }));
    let [finished, tokens] = [0, 0];
    const steps: Steps = (rows, logits) => onStep?.({ rows: rows.map(({ prompt }) => prompt), logits, finished, tokens });
    let front = await this.#prefill(prompts, steps);
    for (;;) {
      for (const { prompt, next } of front.rows) {
        const one = decoded[prompt]!;
        if (stopIds.has(next)) one.finish = "eos";
        else one.ids.push(next);
      }
      const alive = front.rows.flatMap(({ prompt }, at) =>
        decoded[prompt]!.finish === "eos" || decoded[prompt]!.ids.length >= max_new_tokens ? [] : [at],
      );
      if (alive.length === 0) return decoded;
      [finished, tokens] = [prompts.length - alive.length, tokens + 1];
      if (alive.length < front.rows.length) front = { cache: front.cache.select(alive), rows: alive.map((at) => front.rows[at]!) };
      await this.#step(prompts, front, steps);
    }
  }

  async release(): Promise<void> {
    await this.#sessions.prefill.release();
    await this.#sessions.step.release();
  }

  /** Prompts of like length go through together; what they leave is joined. */
  async #prefill(prompts: readonly Prompt[], steps: Steps): Promise<Front> {
    const order = prompts.map((_, at) => at).sort((a, b) => prompts[a]!.ids.length - prompts[b]!.ids.length || a - b);
    const groups: Front[] = [];
    for (let at = 0; at < order.length;) {
      const group: number[] = [];
      for (; at < order.length; at++) {
        const width = Math.min(this.#chunk, prompts[order[at]!]!.ids.length);
        if (group.length > 0 && (group.length + 1) * width > PREFILL_TOKENS) break;
        group.push(order[at]!);
      }
      groups.push(await this.#prefillGroup(prompts, group, steps));
    }
    return {
      cache: KeyValueCache.join(groups.map(({ cache }) => ({ cache, rows: cache.lengths.map((_, row) => row) }))),
      rows: groups.flatMap(({ rows }) => rows),
    };
  }

  async #prefillGroup(prompts: readonly Prompt[], group: readonly number[], steps: Steps): Promise<Front> {
    const { num_hidden_layers: layers, num_key_value_heads: heads, head_dim } = this.#model.config;
    const cache = new KeyValueCache({ layers, heads, head_dim }, group.length);
    const lengths = group.map((prompt) => prompts[prompt]!.ids.length);
    const rows: Front["rows"] = group.map((prompt, at) => ({ prompt, next: 0, position: lengths[at]! }));
    const width = Math.max(...lengths);
    for (let from = 0; from < width; from += this.#chunk) {
      const seq = Math.min(this.#chunk, width - from);
      const counts = lengths.map((length) => Math.min(Math.max(length - from, 0), seq));
      const ends = lengths.map((length) => length > from && length <= from + seq);
      const results = await this.#run(this.#sessions.prefill, {
        cache,
        seq,
        token: (row, at) => prompts[group[row]!]!.ids[from + at] ?? 0,
        position: (_, at) => from + at,
        // A row that ended in an earlier chunk computes what nobody reads.
        last: (row) => Math.max(counts[row]! - 1, 0),
      });
      cache.append(results, { seq, counts });
      const ended = ends.flatMap((end, row) => (end ? [row] : []));
      take(results, { rows, at: ended, prompts });
      if (ended.length > 0)
        steps(
          ended.map((row) => rows[row]!),
          logitsOf(results, ended),
        );
    }
    const narrow = group.some((prompt) => prompts[prompt]!.visible !== null);
    const span = (row: number) => prompts[group[row]!]!.visible ?? { start: 0, length: lengths[row]! };
    const all = group.map((_, row) => row);
    return { cache: narrow ? cache.select(all, span) : cache, rows };
  }

  async #step(prompts: readonly Prompt[], { cache, rows }: Front, steps: Steps): Promise<void> {
    const results = await this.#run(this.#sessions.step, {
      cache,
      seq: 1,
      token: (row) => rows[row]!.next,
      position: (row) => rows[row]!.position,
      last: () => 0,
    });
    cache.append(results, { seq: 1, counts: rows.map(() => 1) });
    const all = rows.map((_, row) => row);
    take(results, { rows, at: all, prompts });
    for (const row of rows) row.position++;
    steps(rows, logitsOf(results, all));
  }

  #run(
    session: Session,
    {
      cache,
      seq,
      token,
      position,
      last,
    }: {
      cache: KeyValueCache;
      seq: number;
      token: (row: number, at: number) => number;
      position: (row: number, at: number) => number;
      last: (row: number) => number;
    },
  ): Promise<Record<string, Tensor>> {
    const fill = (value: (row: number, at: number) => number): Tensor => ({
      data: BigInt64Array.from({ length: cache.rows * seq }, (_, i) => BigInt(value(Math.floor(i / seq), i % seq))),
      shape: [cache.rows, seq],
    });
    return session.run({
      input_ids: fill(token),
      position_ids: fill(position),
      // The columns between a row's end and the cache's belong to nobody.
      hole_start: fill((row) => cache.lengths[row]!),
      hole_end: fill(() => cache.capacity),
      last: { data: BigInt64Array.from(cache.lengths, (_, row) => BigInt(row * seq + last(row))), shape: [cache.rows] },
      ...cache.feeds(),
    });
  }
}

type Steps = (rows: readonly { prompt: number }[], logits: Float32Array | undefined) => void;

/** Reads the next token of the rows `at`. */
function take(
  results: Record<string, Tensor>,
  { rows, at, prompts }: { rows: Front["rows"]; at: readonly number[]; prompts: readonly Prompt[] },
): void {
  const next = results["next"]!.data as BigInt64Array;
  const checksum = floatsOf(results, "checksum");
  for (const row of at) {
    const { prompt } = rows[row]!;
    if (!Number.isFinite(checksum[row]))
      throw new DataError(
        `turn ${JSON.stringify(prompts[prompt]!.id)}: the model's state is not finite: its weights overflow, or hold NaN`,
      );
    rows[row]!.next = Number(next[row]);
  }
}

/** The logits of some rows [at.length, vocab], if the graph gives any. */
function logitsOf(results: Record<string, Tensor>, at: readonly number[]): Float32Array | undefined {
  const tensor = results["logits"];
  if (tensor === undefined) return undefined;
  const vocab = tensor.shape[1]!;
  const logits = new Float32Array(at.length * vocab);
  at.forEach((row, to) => logits.set((tensor.data as Float32Array).subarray(row * vocab, (row + 1) * vocab), to * vocab));
  return logits;
}
