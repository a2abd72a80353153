/** @file Sums and means, added up in the order of the values: another one can change the last digit. */

export function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}
