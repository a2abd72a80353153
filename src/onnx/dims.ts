/** @file Symbolic dimensions: a number, or a polynomial in named sizes kept as its canonical text, such as `B*S` or `1+2*P+S`. */

export type Dim = number | string;
export type Shape = readonly Dim[];

/** monomial (factors sorted, joined by `*`, "" for the constant) → coefficient */
type Terms = Map<string, number>;

function parse(dim: Dim): Terms {
  const terms: Terms = new Map();
  if (typeof dim === "number") return dim === 0 ? terms : terms.set("", dim);
  for (const term of dim.split("+")) {
    let coefficient = 1;
    const factors: string[] = [];
    for (const factor of term.split("*")) {
      if (/^-?\d+$/.test(factor)) coefficient *= Number(factor);
      else factors.push(factor);
    }
    const key = factors.sort().join("*");
    terms.set(key, (terms.get(key) ?? 0) + coefficient);
  }
  return terms;
}

function format(terms: Terms): Dim {
  const present = [...terms].filter(([, coefficient]) => coefficient !== 0);
  if (present.length === 0) return 0;
  if (present.length === 1 && present[0]![0] === "") return present[0]![1];
  return present
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, coefficient]) => (key === "" ? String(coefficient) : coefficient === 1 ? key : `${coefficient}*${key}`))
    .join("+");
}

export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  const sum = parse(a);
  for (const [key, coefficient] of parse(b)) sum.set(key, (sum.get(key) ?? 0) + coefficient);
  return format(sum);
}

export function multiplyDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a * b;
  const product: Terms = new Map();
  for (const [left, x] of parse(a)) {
    for (const [right, y] of parse(b)) {
      const key = [...left.split("*"), ...right.split("*")]
        .filter((factor) => factor !== "")
        .sort()
        .join("*");
      product.set(key, (product.get(key) ?? 0) + x * y);
    }
  }
  return format(product);
}

/** The number of elements of a shape. */
export const sizeOf = (shape: Shape): Dim => shape.reduce(multiplyDims, 1);

/** a / b where b is a single term that divides every term of a; null where it does not. */
export function divideDims(a: Dim, b: Dim): Dim | null {
  const divisor = [...parse(b)];
  if (divisor.length !== 1) return a === b && a !== 0 ? 1 : null;
  const [key, coefficient] = divisor[0]!;
  const quotient: Terms = new Map();
  for (const [term, x] of parse(a)) {
    if (x % coefficient !== 0) return null;
    const factors = term.split("*").filter((factor) => factor !== "");
    for (const factor of key.split("*")) {
      if (factor === "") continue;
      const at = factors.indexOf(factor);
      if (at < 0) return null;
      factors.splice(at, 1);
    }
    quotient.set(factors.join("*"), x / coefficient);
  }
  return format(quotient);
}

/** The value of a dimension once every named size is known. */
export function evaluateDim(dim: Dim, sizes: Readonly<Record<string, number>>): number {
  if (typeof dim === "number") return dim;
  let total = 0;
  for (const [key, coefficient] of parse(dim)) {
    let product = coefficient;
    for (const factor of key.split("*")) {
      if (factor === "") continue;
      const size = sizes[factor];
      if (size === undefined) throw new Error(`dimension ${dim} needs a size for ${factor}`);
      product *= size;
    }
    total += product;
  }
  return total;
}

/** NumPy broadcasting; dimensions must be equal or 1, never merely unknown. Throws on anything else. */
export function broadcastShapes(...shapes: Shape[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let result: Dim = 1;
    for (const shape of shapes) {
      const dim = shape[axis - rank + shape.length] ?? 1;
      if (dim === 1 || dim === result) continue;
      if (result !== 1) throw new Error(`shapes ${shapes.map(formatShape).join(" and ")} do not broadcast: ${result} against ${dim}`);
      result = dim;
    }
    return result;
  });
}

export const formatShape = (shape: Shape): string => `[${shape.join(", ")}]`;
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((dim, axis) => dim === b[axis]);
