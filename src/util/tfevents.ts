/**
 * @file TensorBoard's event files: protobuf `Event`s (tensorflow/core/util/event.proto) as TFRecords, each framed by its length and
 * masked CRC-32C sums. Only what scalars need.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { makeFolder, writeFileAtomic } from "./files.ts";
import { attempt } from "./io-errors.ts";

/** `Event` and, within it, `Summary`, `Summary.Value` and `SessionLog`: field numbers. */
const EVENT = { wall_time: 1, step: 2, file_version: 3, summary: 5, session_log: 7 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simple_value: 2 } as const;
const SESSION_LOG = { status: 1 } as const;
const SESSION_START = 1;

export interface EventLog {
  /** Values of one step, by tag: `train/L`; as float32, so that the largest become infinities. */
  scalars(step: number, values: Readonly<Record<string, number>>): void;
}

/**
 * A new file of events in `dir`. Of files that earlier sessions left, events of steps after `after` are cut: they are about to come
 * again. A TensorBoard that has read them already forgets them at the session log's START.
 */
export function openEvents(dir: string, { after }: { after: number }): EventLog {
  makeFolder(dir);
  for (const name of readdirSync(dir)) if (name.includes(".tfevents.")) cut(join(dir, name), after);
  // Readers take the files by name, and the first number for the time.
  const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
  let turn = 0;
  let file: string;
  do file = join(dir, `events.out.tfevents.${seconds}.uniconv.${process.pid}.${turn++}`);
  while (existsSync(file));
  const append = (fill: (event: BinaryWriter) => void): void => {
    const event = new BinaryWriter().tag(EVENT.wall_time, WireType.Bit64).double(Date.now() / 1000);
    fill(event);
    attempt(file, "write", () => appendFileSync(file, frame(event.finish())));
  };
  append((event) => event.tag(EVENT.file_version, WireType.LengthDelimited).string("brain.Event:2"));
  if (after > 0)
    append((event) => {
      event.tag(EVENT.step, WireType.Varint).int64(after + 1);
      event.tag(EVENT.session_log, WireType.LengthDelimited).fork().tag(SESSION_LOG.status, WireType.Varint).int32(SESSION_START).join();
    });
  return {
    scalars: (step, values) =>
      append((event) => {
        event.tag(EVENT.step, WireType.Varint).int64(step).tag(EVENT.summary, WireType.LengthDelimited).fork();
        for (const [tag, value] of Object.entries(values)) {
          event.tag(SUMMARY.value, WireType.LengthDelimited).fork();
          event
            .tag(VALUE.tag, WireType.LengthDelimited)
            .string(tag)
            .tag(VALUE.simple_value, WireType.Bit32)
            .float(Math.fround(value))
            .join();
        }
        event.join();
      }),
  };
}

/** Length (uint64), its masked sum, the data, its masked sum; little-endian. */
export function frame(data: Uint8Array): Buffer {
  const framed = Buffer.alloc(data.length + 16);
  framed.writeBigUInt64LE(BigInt(data.length));
  framed.writeUInt32LE(maskedCrc(framed.subarray(0, 8)), 8);
  framed.set(data, 12);
  framed.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return framed;
}

/** The records up to the first that is torn or damaged. */
export function* recordsOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + 12 <= bytes.length;) {
    const size = bytes.readBigUInt64LE(at);
    const intact = maskedCrc(bytes.subarray(at, at + 8)) === bytes.readUInt32LE(at + 8);
    if (!intact || BigInt(at + 16) + size > bytes.length) return;
    const data = bytes.subarray(at + 12, at + 12 + Number(size));
    if (maskedCrc(data) !== bytes.readUInt32LE(at + 12 + data.length)) return;
    yield data;
    at += 16 + data.length;
  }
}

/** CRC-32C (Castagnoli), reflected: 0xe3069283 for "123456789". */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** TFRecord's mask: a sum of data that holds sums is a weak one. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function cut(file: string, after: number): void {
  const bytes = attempt(file, "read", () => readFileSync(file));
  const records = [...recordsOf(bytes)];
  const kept = records.filter((record) => stepOf(record) <= after);
  const content = Buffer.concat(kept.map(frame));
  // The first record is the version, of step 0: alone it is no session.
  if (kept.length <= 1) attempt(file, "remove", () => rmSync(file));
  else if (content.length < bytes.length) writeFileAtomic(file, content);
}

function stepOf(event: Uint8Array): number {
  const reader = new BinaryReader(event);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === EVENT.step) return Number(reader.int64());
    reader.skip(type, field);
  }
  return 0;
}
