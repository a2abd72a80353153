/** @file The plain AdamW the hand-written peer steps with (lr 1e-4, no decay). */

export function adamw(parameters: readonly Float32Array[]): (gradients: readonly Float32Array[]) => void {
  const [lr, beta1, beta2, eps] = [1e-4, 0.9, 0.999, 1e-8];
  const first = parameters.map((p) => new Float32Array(p.length));
  const second = parameters.map((p) => new Float32Array(p.length));
  let step = 0;
  return (gradients) => {
    step++;
    const [c1, c2] = [1 - beta1 ** step, 1 - beta2 ** step];
    for (const [i, p] of parameters.entries()) {
      const [g, m, v] = [gradients[i]!, first[i]!, second[i]!];
      for (let k = 0; k < p.length; k++) {
        m[k] = beta1 * m[k]! + (1 - beta1) * g[k]!;
        v[k] = beta2 * v[k]! + (1 - beta2) * g[k]! * g[k]!;
        p[k]! -= (lr * (m[k]! / c1)) / (Math.sqrt(v[k]! / c2) + eps);
      }
    }
  };
}
