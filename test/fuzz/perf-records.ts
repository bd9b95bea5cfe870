/**
 * Damages perf.data where its structure is: whole records, their types and sizes, attributes and features (tools/perf/Documentation/
 * perf.data-file-format.txt, include/uapi/linux/perf_event.h). Random bytes mostly end in the first length that does not fit.
 */
import type { Mutator } from './mutate.ts';

const MAGIC = 'PERFILE2';
/** Of a pipe's header; a file's is longer. */
const PIPE_HEADER = 16;
const ATTRS_AT = 24;
const DATA_AT = 40;
/** Of a record: type, misc, size. */
const RECORD_HEADER = 8;
/** Types of the kernel and, from 64 on, of perf itself; the last ones are none. */
const TYPES = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21],
  ...[64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 99, 0xffff],
];
/** What a field of eight bytes is set to. */
const VALUES = [0n, 1n, -1n, 1n << 31n, 1n << 32n, 1n << 53n, 1n << 62n, -(1n << 63n), 0xffffn, 4096n];

interface Section {
  readonly from: number;
  readonly to: number;
}

/** One change; undefined where the bytes are no perf.data with a record in it. */
export function changeRecords(
  bytes: Uint8Array,
  other: Uint8Array,
  mutator: Mutator,
): Uint8Array | undefined {
  const data = recordsOf(bytes);
  if (data === undefined) return undefined;
  const records = walk(bytes, data);
  if (records.length === 0) return undefined;
  const pick = <T>(list: readonly T[]): T => list[mutator.below(list.length)]!;
  const record = pick(records);
  const own = bytes.subarray(record.from, record.to);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const changes: readonly (() => Uint8Array)[] = [
    () => splice(bytes, record, new Uint8Array()),
    () => splice(bytes, record, Buffer.concat([own, own])),
    () => splice(bytes, record, bytes.subarray(...ends(pick(records)))),
    () => splice(bytes, record, Buffer.concat([own, foreignRecord(other, mutator)])),
    () => splice(bytes, record, resized(own, mutator)),
    () => splice(bytes, record, resized(own, mutator)),
    () => {
      view.setUint32(record.from, pick(TYPES), true);
      return bytes;
    },
    () => {
      view.setUint16(record.from + 4, mutator.below(1 << 16), true);
      return bytes;
    },
    () => setField(bytes, record, pick(VALUES), mutator),
    () => setField(bytes, record, pick(VALUES), mutator),
    () => setField(bytes, attributesOf(bytes) ?? record, pick(VALUES), mutator),
    () => flipField(bytes, attributesOf(bytes) ?? record, mutator),
    () =>
      setField(bytes, { from: data.to, to: Math.min(bytes.length, data.to + 512) }, pick(VALUES), mutator),
  ];
  return pick(changes)();
}

const ends = ({ from, to }: Section): [number, number] => [from, to];

function at64(bytes: Uint8Array, at: number): number {
  if (at + 8 > bytes.length) return Number.NaN;
  return Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(at, true));
}

/** Where records are: all that follows a pipe's header, or a file's data section. */
function recordsOf(bytes: Uint8Array): Section | undefined {
  if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== MAGIC) return undefined;
  if (at64(bytes, 8) === PIPE_HEADER) return { from: PIPE_HEADER, to: bytes.length };
  const from = at64(bytes, DATA_AT);
  const to = from + at64(bytes, DATA_AT + 8);
  return from > 0 && to <= bytes.length ? { from, to } : undefined;
}

/** A file's attributes; a pipe has them in records. */
function attributesOf(bytes: Uint8Array): Section | undefined {
  if (at64(bytes, 8) === PIPE_HEADER) return undefined;
  const from = at64(bytes, ATTRS_AT);
  const to = from + at64(bytes, ATTRS_AT + 8);
  return to <= bytes.length && to > from ? { from, to } : undefined;
}

function walk(bytes: Uint8Array, { from, to }: Section): Section[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Section[] = [];
  for (let at = from; at + RECORD_HEADER <= to; ) {
    const size = view.getUint16(at + 6, true);
    if (size < RECORD_HEADER || at + size > to) break;
    records.push({ from: at, to: at + size });
    at += size;
  }
  return records;
}

/** Other bytes in place of a section's; a file's data section is as long as it then is. */
function splice(bytes: Uint8Array, { from, to }: Section, piece: Uint8Array): Uint8Array {
  const result = Buffer.concat([bytes.subarray(0, from), piece, bytes.subarray(to)]);
  if (at64(bytes, 8) !== PIPE_HEADER) {
    const size = at64(bytes, DATA_AT + 8) + piece.length - (to - from);
    result.writeBigUInt64LE(BigInt(Math.max(0, size)), DATA_AT + 8);
  }
  return result;
}

/** A record with some of its end gone or more behind it, and a size that says so. */
function resized(record: Uint8Array, mutator: Mutator): Uint8Array {
  const size = Math.min(0xffff, RECORD_HEADER + 8 * mutator.below(record.length / 4 + 4));
  const result = Buffer.alloc(size);
  result.set(record.subarray(0, size));
  result.writeUInt16LE(size, 6);
  return result;
}

function foreignRecord(other: Uint8Array, mutator: Mutator): Uint8Array {
  const data = recordsOf(other);
  const records = data === undefined ? [] : walk(other, data);
  if (records.length === 0) return new Uint8Array();
  return other.subarray(...ends(records[mutator.below(records.length)]!));
}

/** A field of eight bytes, where fields are. */
function setField(bytes: Uint8Array, { from, to }: Section, value: bigint, mutator: Mutator): Uint8Array {
  const at = from + 8 * mutator.below(Math.max(1, (to - from) >> 3));
  if (at + 8 > bytes.length) return bytes;
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setBigInt64(at, value, true);
  return bytes;
}

/** One bit of what says how samples are laid out. */
function flipField(bytes: Uint8Array, { from, to }: Section, mutator: Mutator): Uint8Array {
  if (to > from) bytes[from + mutator.below(to - from)]! ^= 1 << mutator.below(8);
  return bytes;
}
