/** @file What a Linux shared library says it needs: the dynamic section of a 64-bit ELF file, read without reading the file. */
import { closeSync, openSync, readSync } from "node:fs";

export interface Dynamic {
  /** DT_NEEDED: libraries that must be found before this one loads. */
  needed: string[];
  /** DT_RUNPATH, or DT_RPATH where there is none, as written: `$ORIGIN` is the library's own folder. */
  runpath: string[];
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT = { NULL: 0, NEEDED: 1, STRTAB: 5, RPATH: 15, RUNPATH: 29 };
/** No name in a string table is longer. */
const LONGEST_NAME = 4096;

interface Segment {
  type: number;
  offset: number;
  address: number;
  size: number;
}

/** null where the file is no 64-bit little-endian ELF file with a dynamic section. */
export function readDynamic(file: string): Dynamic | null {
  const descriptor = openSync(file, "r");
  try {
    const read = (at: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, at));
    };
    return parse(read);
  } catch (error) {
    // An offset beyond the file, or beyond what a number holds: damaged.
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function parse(read: (at: number, length: number) => Buffer): Dynamic | null {
  const header = read(0, 64);
  if (header.length < 64 || header.toString("latin1", 0, 4) !== "\x7fELF" || header[4] !== 2 || header[5] !== 1) return null;
  const segments = programHeaders(header, read);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (!dynamic) return null;
  const entries = dynamicEntries(read(dynamic.offset, dynamic.size));
  const table = entries.find(({ tag }) => tag === DT.STRTAB)?.value;
  const holder = segments.find(
    ({ type, address, size }) => type === PT_LOAD && table !== undefined && table >= address && table < address + size,
  );
  if (table === undefined || !holder) return null;
  const strings = table - holder.address + holder.offset;
  const names = (tag: number): string[] =>
    entries.filter((entry) => entry.tag === tag).map(({ value }) => textAt(read(strings + value, LONGEST_NAME)));
  const paths = names(DT.RUNPATH).length > 0 ? names(DT.RUNPATH) : names(DT.RPATH);
  return { needed: names(DT.NEEDED), runpath: paths.flatMap((path) => path.split(":")).filter((path) => path !== "") };
}

function programHeaders(header: Buffer, read: (at: number, length: number) => Buffer): Segment[] {
  const [start, size, count] = [Number(header.readBigUInt64LE(0x20)), header.readUInt16LE(0x36), header.readUInt16LE(0x38)];
  const table = read(start, size * count);
  return Array.from({ length: count }, (_, at) => {
    const number = (field: number): number => Number(table.readBigUInt64LE(at * size + field));
    return { type: table.readUInt32LE(at * size), offset: number(0x08), address: number(0x10), size: number(0x20) };
  });
}

function dynamicEntries(section: Buffer): { tag: number; value: number }[] {
  const entries = [];
  for (let at = 0; at + 16 <= section.length; at += 16) {
    const tag = Number(section.readBigUInt64LE(at));
    if (tag === DT.NULL) break;
    entries.push({ tag, value: Number(section.readBigUInt64LE(at + 8)) });
  }
  return entries;
}

const textAt = (bytes: Buffer): string => bytes.toString("utf8", 0, Math.max(0, bytes.indexOf(0)));
