/** @file Decimal numbers in bytes. */

/** 10^0 to 10^22: the powers that are exact doubles. */
export const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** The exact double of a decimal number, NaN for anything else. */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  const negative = bytes[i] === 45;
  if (negative || bytes[i] === 43) i++;
  let digits = 0;
  let decimals = 0;
  let mantissa = 0;
  let point = false;
  for (; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 48 && byte <= 57) {
      mantissa = mantissa * 10 + (byte - 48);
      digits++;
      if (point) decimals++;
    } else if (byte === 46 && !point) point = true;
    else break;
  }
  // Below 2^53 and up to 22 decimals, mantissa and power of ten are exact doubles, so one division rounds correctly.
  if (i === end && digits > 0 && mantissa < 2 ** 53 && decimals < POWERS.length)
    return (negative ? -mantissa : mantissa) / POWERS[decimals]!;
  const number = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1", start, end);
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(number) ? Number(number) : Number.NaN;
}
