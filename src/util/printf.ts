/** @file Numbers as C prints them. */

/** `%.{decimals}f`: an exact tie goes to the even digit, where toFixed goes up. A double is such a tie only at odd multiples of 2^-(decimals + 1). */
export function printfFixed(value: number, decimals: number): string {
  const scaled = value * 2 ** (decimals + 1);
  if (!Number.isInteger(scaled) || scaled % 2 === 0) return value.toFixed(decimals);
  const power = 10 ** decimals;
  const below = Math.floor(value * power);
  return ((below % 2 === 0 ? below : below + 1) / power).toFixed(decimals);
}
