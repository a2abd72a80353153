/** @file What `train` makes of wrong options, inputs and models: one readable error of its class, before anything heavy, and nothing left behind. */
import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { TrainOptions } from "../../src/schema/options/train.ts";
import { train } from "../../src/train/train.ts";
import { UniconvError } from "../../src/util/errors.ts";
import { sha256 } from "../../src/util/hash.ts";
import { silentReporter } from "../../src/util/reporter.ts";
import { openCheckpoint } from "../../src/weights/checkpoint.ts";
import { fromFloat32 } from "../../src/weights/dtypes.ts";
import { writeSafetensors } from "../../src/weights/safetensors.ts";
import { runCli } from "../cli/run-cli.ts";
import { tempDir } from "../helpers/temp.ts";

const folder = tempDir();
const at = (name: string) => join(folder, name);
const SMALL =
  "--max-steps 2 --batch-size 2 --max-query-length 64 --max-passage-length 48 --max-response-length 16 --threads 1 --device cpu -q";
const command = (more: string) => [
  "train",
  "--input",
  at("prepared"),
  "--model",
  at("base"),
  ...SMALL.split(" "),
  ...more.split(" ").filter(Boolean),
];

beforeAll(async () => {
  const made = [
    "prepare-data --dataset quickstart --output prepared --limit 20 -q".split(" "),
    "init-model --input prepared --output base --vocab-size 400 --hidden-size 16 --num-hidden-layers 1 --num-attention-heads 2 --intermediate-size 24 -q".split(
      " ",
    ),
  ];
  for (const args of made) {
    const { code, stderr } = await runCli(args, { cwd: folder });
    expect(code, stderr).toBe(0);
  }
});

/** The stage by itself, as far as it comes: the error that a user would read, and its exit code. */
async function refusal(options: Record<string, unknown>): Promise<{ code: number; message: string }> {
  const output = join(tempDir(), "out");
  const small = { max_steps: 2, batch_size: 2, max_query_length: 64, max_passage_length: 48, max_response_length: 16, threads: 1 };
  const given = TrainOptions.parse({ input: [at("prepared")], model: at("base"), output, device: "cpu", ...small, ...options });
  try {
    await train(given, { reporter: silentReporter, signal: new AbortController().signal });
  } catch (error) {
    expect(error, String((error as Error).stack)).toBeInstanceOf(UniconvError);
    expect(existsSync(output) || existsSync(`${output}.partial`), "nothing is left").toBe(false);
    const { exitCode: code, message } = error as UniconvError;
    return { code, message };
  }
  throw new Error("it was accepted");
}

/** A copy of the model, or of the prepared folder, with something done to it. */
function altered(name: "base" | "prepared", change: (dir: string) => void): string {
  const dir = join(tempDir(), name);
  cpSync(at(name), dir, { recursive: true });
  change(dir);
  return dir;
}

const edited = (file: string, change: (content: Record<string, unknown>) => object) => (dir: string) =>
  writeFileSync(join(dir, file), JSON.stringify(change(JSON.parse(readFileSync(join(dir, file), "utf8")) as Record<string, unknown>)));

describe("options", () => {
  it.each<[string, string, RegExp]>([
    ["rank 0", "--lora-r 0", /--lora-r: expected at least 1, found 0/],
    ["a number beyond all numbers", "--lora-alpha 1e400", /--lora-alpha: expected a number, found "1e400"/],
    ["more threads than any machine has", "--threads 100000", /--threads: expected at most 1024/],
    ["a list where a flag takes one", "--target-modules q_proj,v_proj", /give the flag once for each module/],
    ["what only a config file can say", "--mix a=1", /mix has a structure of its own; set it in a YAML or JSON file/],
    ["a word too many", "more", /Too many arguments among .*"more"/],
    ["losses without negatives", "--batch-size 1", /--batch-size 1 leaves L_R without negatives/],
  ])("%s: exit 2", async (_, more, says) => {
    const { code, stderr, stdout } = await runCli([...command(more), "--output", at("none")]);
    expect(stderr).toMatch(says);
    expect({ code, stdout, left: existsSync(at("none.partial")) }).toEqual({ code: 2, stdout: "", left: false });
  });

  it("in a config file are all reported at once, with the file, the key and what was found", async () => {
    const lines = [
      "lora_rr: 8",
      "learning_rate: .nan",
      "alpha: .inf",
      "weight_decay: 1e400",
      "batch_size: four",
      "epochs: -1",
      "max_steps: 2.5",
    ];
    writeFileSync(at("wrong.yaml"), [...lines, "tuning: [lora]", "seed: 9007199254740993"].join("\n"));
    const { code, stderr } = await runCli([
      "train",
      "--input",
      at("prepared"),
      "--model",
      at("base"),
      "--output",
      at("none"),
      "--config",
      at("wrong.yaml"),
    ]);
    expect(code).toBe(2);
    for (const says of [
      'unknown key "lora_rr". Did you mean "lora_r"?',
      "learning_rate: expected a number, found NaN",
      "alpha: expected a number, found Infinity",
      "weight_decay: expected a number, found Infinity",
      'batch_size: expected a number, found "four"',
      "epochs: expected more than 0, found -1",
      "max_steps: expected a whole number, found 2.5",
      'tuning: expected lora, full, found ["lora"]',
      "seed: expected at most 9007199254740991",
    ])
      expect(stderr).toContain(`${at("wrong.yaml")}: ${says}`);
  });

  it("of adapters change nothing where there are none, and that is said", async () => {
    const { code, stderr } = await runCli([
      ...command("--tuning full --lora-r 8 --use-rslora --max-steps 1"),
      "--output",
      at("no-adapter"),
    ]);
    expect(stderr).toMatch(/--tuning full trains every weight and no adapter: lora_r, use_rslora change nothing/);
    expect(code).toBe(0);
  });

  it("a batch far beyond the data trains on what there is, and says so", async () => {
    const { code, stderr } = await runCli([...command("--batch-size 1000000000 --max-steps 1"), "--output", at("large-batch")]);
    expect(stderr).toMatch(/only 20 samples for pools of 1000000000/);
    expect(code).toBe(0);
  });
});

describe("inputs", () => {
  it("a prepared folder without train.jsonl is refused with where to look", async () => {
    const input = altered("prepared", (dir) => {
      edited("manifest.json", (manifest) => ({
        ...manifest,
        files: (manifest["files"] as { path: string }[]).filter(({ path }) => path !== "train.jsonl"),
      }))(dir);
      rmSync(join(dir, "train.jsonl"));
    });
    const { code, message } = await refusal({ input: [input] });
    expect({ code, message }).toEqual({ code: 3, message: expect.stringContaining(`${input}: has no train.jsonl`) as string });
  });

  it.each<[string, string, RegExp]>([
    ["empty", "", /train\.jsonl: .*0 records/],
    ["broken in its first line", '{"id":1}', /train\.jsonl:1: /],
  ])("a train.jsonl that is %s is refused with file and line", async (_, content, says) => {
    const input = altered("prepared", (dir) => {
      writeFileSync(join(dir, "train.jsonl"), content);
      const entry = { path: "train.jsonl", sha256: sha256(content), bytes: content.length, rows: content === "" ? 0 : 1 };
      edited("manifest.json", (manifest) => ({
        ...manifest,
        files: (manifest["files"] as { path: string }[]).map((file) => (file.path === "train.jsonl" ? entry : file)),
      }))(dir);
    });
    const { code, message } = await refusal({ input: [input] });
    expect(message).toMatch(says);
    expect(code).toBe(3);
  });

  it("a train.jsonl that was changed by hand is refused", async () => {
    const input = altered("prepared", (dir) => truncateSync(join(dir, "train.jsonl"), 500));
    const { code, message } = await refusal({ input: [input] });
    expect(message).toMatch(/train\.jsonl: has 500 bytes, its manifest says \d+: damaged or changed by hand/);
    expect(code).toBe(3);
  });

  it("one sample, and losses that contrast it with nothing", async () => {
    const { code, message } = await refusal({ limit: 1 });
    expect(message).toMatch(/only one sample is left: the contrastive losses have no negatives/);
    expect(code).toBe(3);
  });

  it("a prompt that is neither a name nor a file", async () => {
    const { code, message } = await refusal({ prompt: "ragg" });
    expect(message).toMatch(/prompt ragg: no such file, and no prompt of that name; the names are .*rag/);
    expect(code).toBe(3);
  });
});

describe("a model directory", () => {
  const cut = (dir: string) => truncateSync(join(dir, "model.safetensors"), 2000);
  it.each<[string, (dir: string) => void, RegExp]>([
    ["without tokenizer", (dir) => rmSync(join(dir, "tokenizer.json")), /tokenizer\.json: no such file/],
    ["without config.json", (dir) => rmSync(join(dir, "config.json")), /config\.json: no such file/],
    [
      "whose config asks for what there is not",
      edited("config.json", (config) => ({ ...config, attn_logit_softcapping: 50 })),
      /config\.json.*attn_logit_softcapping/,
    ],
    ["of another family", edited("config.json", (config) => ({ ...config, model_type: "mamba" })), /mamba/],
    ["whose weights were cut short", cut, /model\.safetensors: /],
    ["without weights", (dir) => rmSync(join(dir, "model.safetensors")), /safetensors/],
    [
      "whose index names a shard that is missing",
      (dir) => {
        const index = { metadata: {}, weight_map: { "model.norm.weight": "model-00001-of-00002.safetensors" } };
        writeFileSync(join(dir, "model.safetensors.index.json"), JSON.stringify(index));
        rmSync(join(dir, "model.safetensors"));
      },
      /model-00001-of-00002\.safetensors/,
    ],
    ["with half a tokenizer", (dir) => truncateSync(join(dir, "tokenizer.json"), 300), /tokenizer\.json/],
  ])("%s is refused, naming the file", async (_, change, says) => {
    const { code, message } = await refusal({ model: altered("base", change) });
    expect(message).toMatch(says);
    expect(code).toBe(3);
    expect(message.length).toBeLessThan(1600);
  });

  it("whose tokenizer has more tokens than the embedding has rows is refused", async () => {
    const base = await openCheckpoint(at("base"));
    const tensors = base.names().map((name) => {
      const { shape } = base.tensor(name);
      const data = fromFloat32("F32", base.readFloat32(name));
      const short = name === "model.embed_tokens.weight";
      return {
        name,
        dtype: "F32" as const,
        shape: short ? [100, shape[1]!] : shape,
        data: short ? data.subarray(0, 400 * shape[1]!) : data,
      };
    });
    const model = altered(
      "base",
      edited("config.json", (config) => ({ ...config, vocab_size: 100 })),
    );
    await writeSafetensors(join(model, "model.safetensors"), tensors);
    const { code, message } = await refusal({ model });
    expect(message).toMatch(/only 100 rows: this tokenizer belongs to another model/);
    expect(code).toBe(3);
  });

  it("with a weight that is no number is refused before an update is made of it", async () => {
    const base = await openCheckpoint(at("base"));
    const tensors = base.names().map((name) => {
      const values = base.readFloat32(name);
      if (name === "model.norm.weight") values[3] = NaN;
      return { name, dtype: "F32" as const, shape: base.tensor(name).shape, data: fromFloat32("F32", values) };
    });
    const model = altered("base", () => {});
    await writeSafetensors(join(model, "model.safetensors"), tensors);
    const { code, message } = await refusal({ model, tuning: "full" });
    expect(message).toMatch(/model\.norm\.weight.*(NaN|finite)/);
    expect(code).toBe(3);
  });
});
