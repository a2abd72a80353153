/** @file The strict safetensors reader on good and damaged files; the writer. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { fromFloat32, toFloat32 } from "../../src/weights/dtypes.ts";
import { readSafetensorsHeader, writeSafetensors } from "../../src/weights/safetensors.ts";
import { needs } from "../helpers/shared-data.ts";

const dir = mkdtempSync(join(tmpdir(), "uniconv-safetensors-"));
afterAll(() => rmSync(dir, { recursive: true }));

const vectors = needs("robustness", "safetensors", "vectors");
describe.skipIf(vectors.absent)(vectors.title("the 36 vectors of the format"), () => {
  const manifest = vectors.absent ? {} : (JSON.parse(readFileSync(join(vectors.path, "manifest.json"), "utf8")) as object);
  const cases = Object.values(manifest).flat() as { file: string; expect: "accept" | "reject" }[];

  it("are all there", () => expect(cases).toHaveLength(36));

  it.each(cases)("$file: $expect", async ({ file, expect: verdict }) => {
    const path = join(vectors.path, file);
    if (verdict === "accept") {
      const { tensors } = await readSafetensorsHeader(path);
      expect([...tensors.values()].every(({ begin, end }) => begin <= end)).toBe(true);
    } else {
      await expect(readSafetensorsHeader(path)).rejects.toMatchObject({ name: "DataError", file: path });
    }
  });

  it("a tensor named __proto__ pollutes nothing", async () => {
    const { tensors } = await readSafetensorsHeader(join(vectors.path, "own_proto_key.safetensors"));
    expect([...tensors.keys()]).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["dtype"]).toBeUndefined();
  });
});

describe("written files", () => {
  const path = join(dir, "w.safetensors");
  const one = (name: string, values: number[]) =>
    ({ name, dtype: "F32", shape: [values.length], data: fromFloat32("F32", Float32Array.from(values)) }) as const;

  it("hold what was written, aligned, whatever the order it was given in", async () => {
    const half = { name: "h", dtype: "F16", shape: [3], data: () => fromFloat32("F16", Float32Array.of(1, -2, 0.5)) } as const;
    await writeSafetensors(path, [half, one("b", [1, 2]), one("a", [3])], { format: "pt" });
    const bytes = readFileSync(path);
    const { tensors, metadata } = await readSafetensorsHeader(path);
    expect(metadata).toEqual({ format: "pt" });
    expect([...tensors.keys()]).toEqual(["a", "b", "h"]);
    expect(tensors.get("a")!.begin % 8).toBe(0);
    const { begin, end } = tensors.get("h")!;
    expect([...toFloat32("F16", bytes.subarray(begin, end))]).toEqual([1, -2, 0.5]);
    await writeSafetensors(path, [one("a", [3]), half, one("b", [1, 2])], { format: "pt" });
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it("refuse a tensor whose bytes do not fit its shape, and leave no file behind", async () => {
    const fresh = join(dir, "bad.safetensors");
    await expect(writeSafetensors(fresh, [{ ...one("a", [1, 2]), shape: [3] }])).rejects.toThrow('tensor "a" [3] has 8 bytes, not 12');
    await expect(readSafetensorsHeader(fresh)).rejects.toThrow("no such file");
  });

  it("a full disk is an IoError with the path", async () => {
    await expect(writeSafetensors(join(dir, "none", "x.safetensors"), [])).rejects.toMatchObject({ name: "IoError" });
  });

  it("cut anywhere are refused", async () => {
    await writeSafetensors(path, [one("a", [1, 2, 3]), one("b", [4])]);
    const whole = readFileSync(path);
    const cut = join(dir, "cut.safetensors");
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(cut, whole.subarray(0, length));
      await expect(readSafetensorsHeader(cut), `${length} bytes`).rejects.toMatchObject({ name: "DataError" });
    }
    writeFileSync(cut, Buffer.concat([whole, Buffer.alloc(1)]));
    await expect(readSafetensorsHeader(cut)).rejects.toThrow("1 bytes belong to no tensor");
  });
});

describe("float conversion", () => {
  it("every bfloat16 and every finite half survives the way to float32 and back", () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    for (const dtype of ["BF16", "F16"] as const) {
      const values = toFloat32(dtype, new Uint8Array(all.buffer));
      const back = new Uint16Array(fromFloat32(dtype, values).buffer);
      const wrong = all.filter((bits, i) => !Number.isNaN(values[i]!) && back[i] !== bits);
      expect([...wrong], dtype).toEqual([]);
    }
  });

  it("halves have the values of IEEE 754", () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x7c00, 0x8000);
    const expected = [1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, Infinity, -0];
    expect([...toFloat32("F16", new Uint8Array(bits.buffer))]).toEqual(expected);
  });

  it("a tie goes to the even neighbour", () => {
    const bits = Uint32Array.of(0x3f808000, 0x3f818000, 0x3f801000, 0x3f803000);
    const values = new Float32Array(bits.buffer);
    expect([...new Uint16Array(fromFloat32("BF16", values).buffer)].slice(0, 2)).toEqual([0x3f80, 0x3f82]);
    expect([...new Uint16Array(fromFloat32("F16", values).buffer)].slice(2)).toEqual([0x3c00, 0x3c02]);
  });

  it("rounds to the nearest value, ties to even", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -65000, max: 65000 }), fc.constantFrom("F16" as const, "BF16" as const), (value, dtype) => {
        const x = Float32Array.of(value);
        const bytes = fromFloat32(dtype, x);
        const rounded = toFloat32(dtype, bytes)[0]!;
        const bits = new Uint16Array(bytes.buffer)[0]!;
        for (const step of [-1, 1]) {
          const neighbourBits = bits + step;
          if (neighbourBits < 0 || (neighbourBits & 0x7fff) === 0x7fff) continue;
          const neighbour = toFloat32(dtype, new Uint8Array(Uint16Array.of(neighbourBits).buffer))[0]!;
          if (!Number.isFinite(neighbour)) continue;
          const [own, other] = [Math.abs(rounded - value), Math.abs(neighbour - value)];
          expect(own < other || (own === other && (bits & 1) === 0)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
