/**
 * @file LoRA steps on a sparse bfloat16 checkpoint of any size: `node mapped-step.mjs '{"layers":10,"hidden":2048,"wide":5632,"vocab":32000}'`.
 * Prints the checkpoint's bytes, and the anonymous memory the steps added to the process. Needs the compiled sources, and Linux.
 */
import { ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const dist = new URL("../../dist/src/", import.meta.url);
const load = (name) => import(new URL(`${name}.js`, dist));
const [{ modelFromConfig }, { Session }, { buildStep }, { passFeeds, responseFeeds }, { Stepper }, { WholePool }, { AdamW }] =
  await Promise.all(
    ["models/loader", "onnx/session", "train/step-graph", "train/step-feeds", "train/stepper", "train/whole-pool", "train/optimizer"].map(
      load,
    ),
  );

const shape = JSON.parse(process.argv[2]);
const [RANK, TOKENS, UPDATES] = [4, 16, 3];
const config = {
  model_type: "llama",
  vocab_size: shape.vocab,
  hidden_size: shape.hidden,
  num_hidden_layers: shape.layers,
  num_attention_heads: shape.hidden / 64,
  num_key_value_heads: shape.hidden / 256,
  intermediate_size: shape.wide,
  max_position_embeddings: 256,
  tie_word_embeddings: shape.tied ?? false,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  hidden_act: "silu",
};
const model = await modelFromConfig(config, "config.json");
const folder = mkdtempSync(join(tmpdir(), "uniconv-mapped-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "weights.bin");
const stored = new Map();
let bytes = 0;
for (const [name, size] of model.weights()) {
  const length = 2 * size.reduce((product, dim) => product * dim, 1);
  stored.set(name, { dtype: "BF16", shape: size, file, offset: bytes, length });
  bytes += length;
}
// A hole of zeros costs no disk; mapped and cast it is memory like any other.
ftruncateSync(openSync(file, "w"), bytes);

const anonymous = () => 1024 * Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]);
const before = anonymous();
const objective = {
  retrieval_weight: 0,
  gen_weight: 1,
  alpha: 0,
  gen_rag_weight: 0,
  temperature: 1,
  normalize: true,
  session_mask: false,
  mask_compat: "none",
  pooling: "emb",
};
const target_modules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
const step = buildStep(model, (name) => stored.get(name), {
  objective,
  max_positions: TOKENS,
  row_blocks: 1,
  lora: { r: RANK, scale: 2, target_modules },
});
const sequences = [{ ids: Int32Array.from({ length: TOKENS }, (_, at) => at), emb: null, response: { start: 1, length: TOKENS - 1 } }];
const feeds = {
  ...passFeeds({ pass: "G", sequences, padId: 0, hole: false, padTo: 1 }),
  ...responseFeeds({ pass: "G", sequences, width: TOKENS, blocks: 1, weightOf: () => 1 / (TOKENS - 1) }),
};
const parameters = new Map([...step.trained].map(([name, { shape: size }]) => [name, new Float32Array(size[0] * size[1]).fill(0.01)]));
const session = await Session.create(step.graph, { device: "cpu", threads: 1, optimize: false });
const stepper = new Stepper(new WholePool({ step, session, parameters, feedsOf: () => feeds }), parameters);
const optimizer = new AdamW(parameters, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0 });
let loss;
for (let update = 0; update < UPDATES; update++)
  loss = (await stepper.update([null], optimizer, { learning_rate: 1e-4, max_grad_norm: 1 })).losses.L;
process.stdout.write(`${JSON.stringify({ bytes, anonymous: anonymous() - before, loss })}\n`);
await stepper.release();
