/** @file The element types of safetensors: their widths, and float32 out of the three that weights use. */

/** Bits per element of every dtype the format knows. */
export const DTYPE_BITS: ReadonlyMap<string, number> = new Map([
  ["BOOL", 8],
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["U8", 8],
  ["I8", 8],
  ["F8_E5M2", 8],
  ["F8_E4M3", 8],
  ["F8_E8M0", 8],
  ["I16", 16],
  ["U16", 16],
  ["F16", 16],
  ["BF16", 16],
  ["I32", 32],
  ["U32", 32],
  ["F32", 32],
  ["F64", 64],
  ["I64", 64],
  ["U64", 64],
  ["C64", 64],
]);

export type WeightDtype = "F32" | "F16" | "BF16";

export function isWeightDtype(dtype: string): dtype is WeightDtype {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16";
}

/** Little-endian bytes as float32: exact for all three types. */
export function toFloat32(dtype: WeightDtype, bytes: Uint8Array): Float32Array {
  const count = bytes.byteLength / (dtype === "F32" ? 4 : 2);
  const out = new Float32Array(count);
  const bits = new Uint32Array(out.buffer);
  if (dtype === "F32") {
    new Uint8Array(out.buffer).set(bytes);
    return out;
  }
  const halves = new Uint16Array(count);
  new Uint8Array(halves.buffer).set(bytes);
  if (dtype === "BF16") for (let i = 0; i < count; i++) bits[i] = halves[i]! << 16;
  else for (let i = 0; i < count; i++) bits[i] = halfToFloatBits(halves[i]!);
  return out;
}

/** Nearest even, as every other writer of checkpoints rounds. */
export function fromFloat32(dtype: WeightDtype, values: Float32Array): Uint8Array {
  if (dtype === "F32") return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  const convert = dtype === "BF16" ? floatToBfloat : floatToHalf;
  for (let i = 0; i < out.length; i++) out[i] = convert(bits[i]!);
  return new Uint8Array(out.buffer);
}

function halfToFloatBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  let mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  let shift = 0;
  while ((mantissa & 0x400) === 0) {
    mantissa <<= 1;
    shift++;
  }
  return sign | ((113 - shift) << 23) | ((mantissa & 0x3ff) << 13);
}

function floatToBfloat(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function floatToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13);
  if (magnitude < 0x33000000) return sign;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  return sign | roundShift(mantissa, 126 - (magnitude >>> 23));
}

function roundShift(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}
