/** @file Gradients of several runs added up by tensor. */
import { type Feeds, floatsOf, type Tensor } from "../onnx/session.ts";
import { addEmbeddingRows } from "./embedding-gradient.ts";
import { type StepGradients, TOKEN_EMBEDDING } from "./step-terms.ts";

export class GradientSum {
  #sum = new Map<string, Float32Array>();

  /** Adds what a run of the step's graph gave. The results' arrays may become part of the sum. */
  addRun(step: StepGradients, { feeds, results }: { feeds: Feeds; results: Record<string, Tensor> }): void {
    for (const [name, { shape }] of step.trained) {
      const dense = `grad.${name}`;
      if (dense in results) this.add(name, floatsOf(results, dense));
      if (name !== TOKEN_EMBEDDING) continue;
      const size = (shape as readonly number[]).reduce((product, dim) => product * dim, 1);
      if (!this.#sum.has(name)) this.#sum.set(name, new Float32Array(size));
      for (const pass of step.embeddingGradients)
        addEmbeddingRows(this.#sum.get(name)!, { rows: floatsOf(results, `embedding_grad.${pass}`), ids: feeds[`${pass}.input_ids`]! });
    }
  }

  /** Adds one tensor, or takes it over where it is the first of its name. */
  add(name: string, gradient: Float32Array): void {
    const sum = this.#sum.get(name);
    if (sum) for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i]!;
    else this.#sum.set(name, gradient);
  }

  /** The sum so far, which then starts anew. */
  take(): Map<string, Float32Array> {
    const taken = this.#sum;
    this.#sum = new Map();
    return taken;
  }
}
