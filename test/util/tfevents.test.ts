/** @file TensorBoard's files, read back by a reader of our own that shares nothing with the writer but the specification. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { crc32c, openEvents } from "../../src/util/tfevents.ts";
import { tempDir } from "../helpers/temp.ts";

interface Event {
  step: number;
  version?: string;
  starts?: boolean;
  values: Record<string, number>;
}

/** CRC-32C bit by bit, then TFRecord's mask: rotated right by 15, plus a constant. */
function masked(bytes: Buffer): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? 0x82f63b78n : 0n);
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

/** Field number → its values, of one protobuf message. */
function fieldsOf(message: Buffer): Map<number, (bigint | Buffer)[]> {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = message[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => message.subarray(at, (at += length));
  while (at < message.length) {
    const key = Number(varint());
    const type = key & 7;
    const value = type === 0 ? varint() : type === 1 ? take(8) : type === 5 ? take(4) : take(Number(varint()));
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}

function eventsOf(file: string): Event[] {
  const bytes = readFileSync(file);
  const events: Event[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(masked(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(masked(data));
    at += 16 + length;
    const event = fieldsOf(data);
    expect((event.get(1)![0] as Buffer).readDoubleLE()).toBeGreaterThan(1.7e9);
    const summaries = (event.get(5) ?? []).flatMap((summary) => fieldsOf(summary as Buffer).get(1) ?? []);
    const values = summaries.map((value) => fieldsOf(value as Buffer));
    events.push({
      step: Number(event.get(2)?.[0] ?? 0n),
      ...(event.has(3) ? { version: (event.get(3)![0] as Buffer).toString() } : {}),
      ...(event.has(7) ? { starts: fieldsOf(event.get(7)![0] as Buffer).get(1)![0] === 1n } : {}),
      values: Object.fromEntries(
        values.map((value) => [(value.get(1)![0] as Buffer).toString(), (value.get(2)![0] as Buffer).readFloatLE()]),
      ),
    });
  }
  return events;
}
const eventsIn = (dir: string) =>
  readdirSync(dir)
    .sort()
    .flatMap((name) => eventsOf(join(dir, name)));

describe("event files", () => {
  it("have the sum of the published vector", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  });

  it("hold a version, then values by step and tag, under a name TensorBoard looks for", () => {
    const dir = join(tempDir(), "runs");
    const log = openEvents(dir, { after: 0 });
    log.scalars(1, { "train/L": 0.5, "eval/nDCG@3": 0.25 });
    log.scalars(300, { "train/L": -1, "train/grad_norm": 1e39 });
    expect(readdirSync(dir)).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{10}\./)]);
    expect(eventsIn(dir)).toEqual([
      { step: 0, version: "brain.Event:2", values: {} },
      { step: 1, values: { "train/L": 0.5, "eval/nDCG@3": 0.25 } },
      { step: 300, values: { "train/L": -1, "train/grad_norm": Infinity } },
    ]);
  });

  it("have no step twice after a resume, and tell a TensorBoard that is open what comes again", () => {
    const dir = tempDir();
    const first = openEvents(dir, { after: 0 });
    for (const step of [1, 2, 3]) first.scalars(step, { "train/L": step });
    // Killed while it wrote the next one.
    appendFileSync(join(dir, readdirSync(dir)[0]!), Buffer.from([40, 0, 0, 0]));
    openEvents(dir, { after: 2 }).scalars(3, { "train/L": 30 });
    expect(eventsIn(dir)).toEqual([
      { step: 0, version: "brain.Event:2", values: {} },
      { step: 1, values: { "train/L": 1 } },
      { step: 2, values: { "train/L": 2 } },
      { step: 0, version: "brain.Event:2", values: {} },
      { step: 3, starts: true, values: {} },
      { step: 3, values: { "train/L": 30 } },
    ]);
    openEvents(dir, { after: 0 });
    expect(eventsIn(dir).map(({ step }) => step)).toEqual([0]);
  });

  it("of others in the folder stay as they are", () => {
    const dir = tempDir();
    mkdirSync(join(dir, "sub"));
    appendFileSync(join(dir, "notes.txt"), "mine");
    openEvents(dir, { after: 0 });
    expect(readFileSync(join(dir, "notes.txt"), "utf8")).toBe("mine");
  });
});
