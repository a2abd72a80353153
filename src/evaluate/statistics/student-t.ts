/** @file The tail of Student's t distribution, through the regularised incomplete beta function. */

/** P(|T| >= |t|) with `df` degrees of freedom. */
export function twoSidedT(t: number, df: number): number {
  return incompleteBeta({ x: df / (df + t * t), y: (t * t) / (df + t * t), a: df / 2, b: 0.5 });
}

/** I_x(a, b) by Lentz's continued fraction (Numerical Recipes 6.4). y is 1 - x, given apart because the subtraction would lose it near 1. */
function incompleteBeta({ x, y, a, b }: { x: number; y: number; a: number; b: number }): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  // The fraction converges fast only below the mean; above it, use the mirror image.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta({ x: y, y: x, a: b, b: a });
  const front =
    Math.exp(
      logGamma(a + b) -
        logGamma(a) -
        logGamma(b) +
        a * (x > 0.5 ? Math.log1p(-y) : Math.log(x)) +
        b * (y > 0.5 ? Math.log1p(-x) : Math.log(y)),
    ) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let step = 1;
    for (const term of [even, odd]) {
      d = 1 + term * d;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = 1 + term / c;
      if (Math.abs(c) < tiny) c = tiny;
      step = c * d;
      fraction *= step;
    }
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return front * fraction;
}

/** ln Γ(x), x > 0: Stirling's series after shifting x above 12. */
export function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 12) shift -= Math.log(z++);
  const r = 1 / (z * z);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - (r * 691) / 360_360))))) / z;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}
