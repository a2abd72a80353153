/** @file Where a model's weights come from: frozen ones stay in the checkpoint's files, trained ones are inputs of the graph. */
import type { GraphBuilder } from "../onnx/builder.ts";
import { formatShape, sameShape } from "../onnx/dims.ts";
import type { DType, Value } from "../onnx/ir.ts";
import type { Table } from "../onnx/table.ts";
import { DataError } from "../util/errors.ts";
import type { Adapter, Dropout } from "./layers/lora.ts";

/** A tensor inside a file. `file` is a real path. */
export interface StoredTensor {
  dtype: "F32" | "F16" | "BF16";
  shape: readonly number[];
  file: string;
  offset: number;
  length: number;
}

/** Finds a weight by its Hugging Face name; throws where the checkpoint lacks it. */
export type TensorLookup = (name: string) => StoredTensor;

/** Low-rank adapters (LoRA, arXiv 2106.09685): y = x·Wᵀ + scale·(x·Aᵀ)·Bᵀ with A [r, in], B [out, r]. */
export interface LoraSpec {
  r: number;
  /** lora_alpha / r, or lora_alpha / √r for rslora. */
  scale: number;
  /** Module names as in PEFT: `q_proj`, `down_proj`. */
  target_modules: readonly string[];
  /** The probability that an adapter's input is zeroed in training; absent is 0. */
  dropout?: number;
}

/** What of a frozen table exists as float32 at a time: bytes, and rows, since a head's logits are as wide as its block. */
const BLOCK_BYTES = 16 << 20;
const BLOCK_ROWS = 4096;

/** Rows of logits a power of two apart would share a few sets of the cache, and the product that reads them ran 15 % slower. */
const oddLines = (size: number): number => size - (size % 32) + 16;

const DTYPES: Record<StoredTensor["dtype"], DType> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

export class Parameters {
  readonly graph: GraphBuilder;
  readonly lora: LoraSpec | null;
  /** Every trained tensor by name, in order of first use. */
  readonly trained = new Map<string, Value>();
  /** The inputs that hold the dropout words of a module's columns: int32 [inputs], by module. */
  readonly dropoutColumns = new Map<string, Value>();
  readonly #lookup: TensorLookup;
  readonly #isTrained: (name: string) => boolean;
  readonly #adapters: TensorLookup | null;
  readonly #stored = new Map<string, Value>();
  #dropoutRows: Value | null = null;
  readonly #blockRows: number | null;

  constructor({
    graph,
    lookup,
    isTrained = () => false,
    lora = null,
    adapters = null,
    block_rows = null,
  }: {
    graph: GraphBuilder;
    lookup: TensorLookup;
    isTrained?: (name: string) => boolean;
    lora?: LoraSpec | null;
    /** Finished adapters, by the names `adapter` asks for; without it they are trained. */
    adapters?: TensorLookup | null;
    /** Rows in a block of a frozen table; by default 16 MB of them, 4096 at most. */
    block_rows?: number | null;
  }) {
    this.graph = graph;
    this.lora = lora;
    this.#lookup = lookup;
    this.#isTrained = isTrained;
    this.#adapters = adapters;
    this.#blockRows = block_rows;
  }

  /** The weight as float32. A frozen half-precision weight is cast for this use alone, and again for the backward pass. */
  weight(name: string, shape: readonly number[]): Value {
    const stored = this.#lookup(name);
    checkShape(name, stored, shape);
    return this.#isTrained(name) ? this.#train(name, shape) : this.#frozen(name, stored, shape);
  }

  /** A weight [rows, columns] that is read by rows. A frozen one is never in memory whole: each block is mapped, and cast, on its own. */
  table(name: string, shape: readonly [number, number]): Table {
    const { graph } = this;
    const stored = this.#lookup(name);
    checkShape(name, stored, shape);
    const rowsOf = (table: Value) => (ids: Value) => graph.cast(graph.op("Gather", [table, ids], { axis: 0 }), "float32");
    if (this.#isTrained(name)) {
      const value = this.#train(name, shape);
      return { blocks: () => [value], rowsOf: rowsOf(value) };
    }
    const [rows, columns] = shape;
    const size = this.#blockRows ?? oddLines(Math.min(BLOCK_ROWS, Math.ceil(BLOCK_BYTES / (4 * columns))));
    const block = (start: number): Value => {
      const count = Math.min(size, rows - start);
      const length = (stored.length / rows) * count;
      const part = { ...stored, shape: [count, columns], offset: stored.offset + (stored.length / rows) * start, length };
      return this.#frozen(count === rows ? name : `${name}[${start}:${start + count}]`, part, part.shape);
    };
    return {
      blocks: () => Array.from({ length: Math.ceil(rows / size) }, (_, at) => block(at * size)),
      rowsOf: (ids) => rowsOf(this.#mapped(name, stored, shape))(ids),
    };
  }

  #frozen(name: string, stored: StoredTensor, shape: readonly number[]): Value {
    return this.graph.cast(this.#mapped(name, stored, shape), "float32", { rematerialize: true });
  }

  #mapped(name: string, stored: StoredTensor, shape: readonly number[]): Value {
    const value = this.#stored.get(name) ?? this.graph.external({ name, dtype: DTYPES[stored.dtype], shape, data: stored });
    this.#stored.set(name, value);
    return value;
  }

  /** The adapter pair of a linear layer, or null where it has none. */
  adapter(module: string, { inputs, outputs }: { inputs: number; outputs: number }): Adapter | null {
    if (!this.lora?.target_modules.includes(module.slice(module.lastIndexOf(".") + 1))) return null;
    const matrix = (name: string, shape: readonly number[]): Value => {
      if (!this.#adapters) return this.#train(name, shape);
      const stored = this.#adapters(name);
      checkShape(name, stored, shape);
      return this.#frozen(name, stored, shape);
    };
    return {
      a: matrix(`${module}.lora_A.weight`, [this.lora.r, inputs]),
      b: matrix(`${module}.lora_B.weight`, [outputs, this.lora.r]),
      scale: this.lora.scale,
      dropout: this.#dropoutOf(module, inputs),
    };
  }

  /** Whether adapters are trained with dropout. */
  get drops(): boolean {
    return this.#adapters === null && (this.lora?.dropout ?? 0) > 0;
  }

  /** Builds `body` with dropout before its adapters: `rows` holds a word per token, int32 [batch, seq, 1]. */
  dropping<T>(rows: Value, body: () => T): T {
    this.#dropoutRows = rows;
    try {
      return body();
    } finally {
      this.#dropoutRows = null;
    }
  }

  #dropoutOf(module: string, inputs: number): Dropout | null {
    const rows = this.#dropoutRows;
    if (rows === null) return null;
    const columns = this.dropoutColumns.get(module) ?? this.graph.input(`${module}.dropout`, "int32", [inputs]);
    this.dropoutColumns.set(module, columns);
    return { p: this.lora!.dropout!, rows, columns };
  }

  #train(name: string, shape: readonly number[]): Value {
    const value = this.trained.get(name) ?? this.graph.input(name, "float32", shape);
    this.trained.set(name, value);
    return value;
  }
}

function checkShape(name: string, stored: StoredTensor, shape: readonly number[]): void {
  if (!sameShape(stored.shape, shape))
    throw new DataError(`tensor "${name}" is ${formatShape(stored.shape)}, the configuration implies ${formatShape(shape)}`, {
      file: stored.file,
    });
}
