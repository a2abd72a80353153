/** @file One place that talks to ONNX Runtime: settings, typed feeds, typed results. */
import type * as Ort from "onnxruntime-node";
import { IoError, UnavailableError } from "../util/errors.ts";
import type { GraphBuilder } from "./builder.ts";
import { encodeModel } from "./encode.ts";

/** Row-major data with its shape; int64 travels as BigInt64Array, bool as Uint8Array. */
export interface Tensor<Data extends TensorData = TensorData> {
  data: Data;
  shape: readonly number[];
}
export type TensorData = Float32Array | BigInt64Array | Int32Array | Uint8Array;
export type Feeds = Readonly<Record<string, Tensor>>;

export interface SessionOptions {
  /** What runs the graph: the CPU, or a CUDA device by number. */
  device: "cpu" | `cuda:${number}`;
  threads: number;
  /** Optimizer passes help inference and cost memory in training (they merge recomputed layers and fold weights). */
  optimize: boolean;
  /** Keep the weights in memory once more, packed for the product kernel: 1.4 × as fast for the few rows of a decoding step. */
  prepack?: boolean;
}

export class Session {
  readonly #session: Ort.InferenceSession;
  readonly #ort: typeof Ort;

  private constructor(session: Ort.InferenceSession, ort: typeof Ort) {
    this.#session = session;
    this.#ort = ort;
  }

  static async create(graph: GraphBuilder | Uint8Array, options: SessionOptions): Promise<Session> {
    // Before the library is loaded, or it keeps a device id in the home directory and reports to its maker over the network.
    process.env["ORT_DISABLE_TELEMETRY"] = "1";
    const ort = await import("onnxruntime-node");
    const bytes = graph instanceof Uint8Array ? graph : encodeModel(graph);
    try {
      return new Session(await ort.InferenceSession.create(bytes, runtimeOptions(options)), ort);
    } catch (error) {
      if (options.device !== "cpu" && /CUDA|cuda|shared library/.test(String(error)))
        throw new UnavailableError(`device ${options.device} cannot be used: ${(error as Error).message}`, { cause: error });
      throw error;
    }
  }

  /** Runs the graph. Every output is a fresh copy; the feeds are read in place. */
  async run(feeds: Feeds): Promise<Record<string, Tensor>> {
    const fed = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, this.#toOrt(tensor)]));
    const results = await this.#session.run(fed).catch((error: unknown) => {
      throw outOfMemory(error) ?? error;
    });
    return Object.fromEntries(Object.entries(results).map(([name, { data, dims }]) => [name, { data: data as TensorData, shape: dims }]));
  }

  /** Frees the native memory at once. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  #toOrt({ data, shape }: Tensor): Ort.Tensor {
    if (data instanceof Float32Array) return new this.#ort.Tensor("float32", data, shape);
    if (data instanceof BigInt64Array) return new this.#ort.Tensor("int64", data, shape);
    if (data instanceof Int32Array) return new this.#ort.Tensor("int32", data, shape);
    return new this.#ort.Tensor("bool", data, shape);
  }
}

function outOfMemory(error: unknown): IoError | undefined {
  const size = /Failed to allocate memory for requested buffer of size (\d+)|bad_alloc/.exec(String(error));
  if (size === null) return undefined;
  const what =
    size[1] === undefined ? "memory ran out" : `memory ran out: a single buffer of ${Math.round(Number(size[1]) / 1e6)} MB was asked for`;
  return new IoError(`${what}. Use a smaller --batch-size, or shorter sequences.`, { cause: error });
}

function runtimeOptions({ device, threads, optimize, prepack = false }: SessionOptions): Ort.InferenceSession.SessionOptions {
  return {
    executionProviders: device === "cpu" ? ["cpu"] : [{ name: "cuda", deviceId: Number(device.slice("cuda:".length)) }, "cpu"],
    graphOptimizationLevel: optimize ? "all" : "disabled",
    // The default pattern allocates a second block as large as the arena from the second run on.
    enableMemPattern: false,
    enableCpuMemArena: true,
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
    extra: {
      session: {
        // A prepacked weight is a private copy; without it weights stay mapped files.
        disable_prepacking: prepack ? "0" : "1",
        model_external_initializers_file_folder_path: "/",
        use_device_allocator_for_initializers: "1",
        "intra_op.allow_spinning": "0",
      },
    },
  };
}

/** Reads the single number of a scalar output. */
export function scalarOf(results: Record<string, Tensor>, name: string): number {
  const tensor = results[name];
  if (!tensor) throw new Error(`the graph has no output ${name}, it has ${Object.keys(results).join(", ")}`);
  return Number(tensor.data[0]);
}

export function floatsOf(results: Record<string, Tensor>, name: string): Float32Array {
  const data = results[name]?.data;
  if (!(data instanceof Float32Array))
    throw new Error(`the graph has no float32 output ${name}, it has ${Object.keys(results).join(", ")}`);
  return data;
}
