/** @file Writes the smallest shared library a loader's eyes can read: an ELF header, a dynamic section and its strings. */

const ADDRESS = 0x40_0000;

/** 64-bit little-endian; `needed` become DT_NEEDED, `runpath` DT_RUNPATH. */
export function elfFile({ needed = [], runpath }: { needed?: readonly string[]; runpath?: string }): Buffer {
  const names = [...needed, ...(runpath === undefined ? [] : [runpath])];
  const strings = Buffer.from(["", ...names, ""].join("\0"));
  const offsetOf = (name: string): number => strings.indexOf(`\0${name}\0`) + 1;
  const start = 64 + 2 * 56;
  const entries = needed.map((name): [number, number] => [1, offsetOf(name)]);
  if (runpath !== undefined) entries.push([29, offsetOf(runpath)]);
  const table = start + 16 * (entries.length + 2);
  entries.push([5, ADDRESS + table], [0, 0]);

  const size = table + strings.length;
  const file = Buffer.alloc(size);
  file.write("\x7fELF", "latin1");
  file.set([2, 1, 1], 4);
  file.writeBigUInt64LE(64n, 0x20);
  file.writeUInt16LE(56, 0x36);
  file.writeUInt16LE(2, 0x38);
  const segment = (at: number, [type, offset, address, length]: readonly [number, number, number, number]): void => {
    file.writeUInt32LE(type, at);
    for (const [field, value] of [
      [0x08, offset],
      [0x10, address],
      [0x20, length],
    ] as const)
      file.writeBigUInt64LE(BigInt(value), at + field);
  };
  segment(64, [1, 0, ADDRESS, size]);
  segment(64 + 56, [2, start, ADDRESS + start, 16 * entries.length]);
  entries.forEach(([tag, value], i) => {
    file.writeBigUInt64LE(BigInt(tag), start + 16 * i);
    file.writeBigUInt64LE(BigInt(value), start + 16 * i + 8);
  });
  strings.copy(file, table);
  return file;
}
