/** What of a recording is kept. */
export interface PerfCut {
  /** Of the samples, those with a time stamp in [from, to), in ns. */
  readonly from: bigint;
  readonly to: bigint;
  /** Offset of the time stamp in a sample: 32 where samples begin with an IDENTIFIER, else 24. */
  readonly timeAt: number;
  /** Record types left out (80: the header features of pipe mode). */
  readonly without: readonly number[];
  /** Bits of the header features kept. */
  readonly features: readonly number[];
}

/**
 * Cuts a perf.data file down to a shorter, valid recording of the same run: the samples of a stretch of time, every
 * other record that is not left out, and some of the header's features. Compressed records are kept as they are.
 */
export function trimPerfData(file: Buffer, cut: PerfCut): Buffer {
  const isPipe = file.readBigUInt64LE(8) === 16n;
  const start = isPipe ? 16 : Number(file.readBigUInt64LE(40));
  const end = isPipe ? file.length : start + Number(file.readBigUInt64LE(48));
  const records = Buffer.concat([...keptRecords(file, start, end, cut)]);
  const head = Buffer.from(file.subarray(0, start));
  if (isPipe) return Buffer.concat([head, records]);
  head.writeBigUInt64LE(BigInt(records.length), 48);
  const kept = keptFeatures(file, end, cut.features);
  head.fill(0, 72, 104);
  for (const { bit } of kept) head[72 + (bit >> 3)]! |= 1 << (bit & 7);
  return Buffer.concat([
    head,
    records,
    featureTable(kept, start + records.length),
    ...kept.map((f) => f.content),
  ]);
}

const TRACING_DATA = 66;
const SAMPLE = 9;

function* keptRecords(file: Buffer, start: number, end: number, cut: PerfCut): Generator<Buffer> {
  for (let at = start; at < end; ) {
    const type = file.readUInt32LE(at);
    let size = file.readUInt16LE(at + 6);
    if (type === TRACING_DATA) size += Math.ceil(file.readUInt32LE(at + 8) / 8) * 8;
    const time = type === SAMPLE ? file.readBigUInt64LE(at + cut.timeAt) : cut.from;
    if (time >= cut.from && time < cut.to && !cut.without.includes(type)) yield file.subarray(at, at + size);
    at += size;
  }
}

interface Feature {
  readonly bit: number;
  readonly content: Buffer;
}

function keptFeatures(file: Buffer, table: number, wanted: readonly number[]): Feature[] {
  const bits = [...Array(256).keys()].filter((bit) => (file[72 + (bit >> 3)]! >> (bit & 7)) & 1);
  return bits
    .map((bit, i) => {
      const offset = Number(file.readBigUInt64LE(table + 16 * i));
      const size = Number(file.readBigUInt64LE(table + 16 * i + 8));
      return { bit, content: file.subarray(offset, offset + size) };
    })
    .filter(({ bit }) => wanted.includes(bit));
}

function featureTable(features: readonly Feature[], at: number): Buffer {
  const table = Buffer.alloc(16 * features.length);
  let offset = at + table.length;
  features.forEach(({ content }, i) => {
    table.writeBigUInt64LE(BigInt(offset), 16 * i);
    table.writeBigUInt64LE(BigInt(content.length), 16 * i + 8);
    offset += content.length;
  });
  return table;
}
