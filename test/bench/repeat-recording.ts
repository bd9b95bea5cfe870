/**
 * Makes a recording of any length of a short real one: the same rows again and again, each time later. It is no recording
 * of a longer run, and only speed may be measured on it.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const SAMPLE_RECORD = 9;
/** Where the time stands in a sample that begins with an identifier, as perf asks for it (PERF_SAMPLE_IDENTIFIER). */
const TIME_AT = 32;
/** Size of the data section, in the header of a perf.data file. */
const DATA_AT = 40;

/** Writes a perf.data file with the samples of another `times` times, `everyNs` apart; returns how many samples it has. */
export function repeatPerfData(from: string, to: string, times: number, everyNs: bigint): number {
  const file = readFileSync(from);
  const start = Number(file.readBigUInt64LE(DATA_AT));
  const size = Number(file.readBigUInt64LE(DATA_AT + 8));
  const records = file.subarray(start, start + size);
  const samples: number[] = [];
  for (let at = 0; at < records.length; at += records.readUInt16LE(at + 6))
    if (records.readUInt32LE(at) === SAMPLE_RECORD) samples.push(at);
  const spans = samples.map((at) => [at, at + records.readUInt16LE(at + 6)] as const);
  const only = Buffer.concat(spans.map(([begin, end]) => records.subarray(begin, end)));
  const times64: number[] = [];
  for (let at = 0; at < only.length; at += only.readUInt16LE(at + 6)) times64.push(at + TIME_AT);
  const header = Buffer.from(file.subarray(0, start));
  shortenAttributes(header);
  const whole = size + only.length * (times - 1);
  header.writeBigUInt64LE(BigInt(whole), DATA_AT + 8);
  const tail = Buffer.from(file.subarray(start + size));
  moveFeatures(file, tail, BigInt(whole - size));
  const out = openSync(to, 'w');
  writeSync(out, header);
  writeSync(out, records);
  for (let round = 1; round < times; round++) {
    for (const at of times64) only.writeBigUInt64LE(only.readBigUInt64LE(at) + everyNs, at);
    writeSync(out, only);
  }
  writeSync(out, tail);
  closeSync(out);
  return samples.length * times;
}

/** `struct perf_event_attr` without config3, which Linux 6.3 added: perf before it refuses files with it. */
const OLD_ATTRIBUTE = 128;
/** Behind each attribute: place and size of its event's identifiers. */
const IDS = 16;

/** Writes the attributes as older versions of perf did; none of them uses what is left out. */
function shortenAttributes(header: Buffer): void {
  const stride = Number(header.readBigUInt64LE(16));
  const first = Number(header.readBigUInt64LE(24));
  const count = Number(header.readBigUInt64LE(32)) / stride;
  if (stride <= OLD_ATTRIBUTE + IDS) return;
  for (let attribute = 0; attribute < count; attribute++) {
    const from = first + attribute * stride;
    const to = first + attribute * (OLD_ATTRIBUTE + IDS);
    header.copy(header, to, from, from + OLD_ATTRIBUTE);
    header.writeUInt32LE(OLD_ATTRIBUTE, to + 4);
    header.copy(header, to + OLD_ATTRIBUTE, from + stride - IDS, from + stride);
  }
  header.writeBigUInt64LE(BigInt(OLD_ATTRIBUTE + IDS), 16);
  header.writeBigUInt64LE(BigInt(count * (OLD_ATTRIBUTE + IDS)), 32);
}

/** The header's features lie behind the data, each with its place in the file: a table of offset and size for each bit. */
function moveFeatures(file: Buffer, tail: Buffer, by: bigint): void {
  let features = 0;
  for (let bit = 0; bit < 256; bit++) features += (file[72 + (bit >> 3)]! >> (bit & 7)) & 1;
  for (let at = 0; at < features * 16; at += 16) tail.writeBigUInt64LE(tail.readBigUInt64LE(at) + by, at);
}

const TIME = /(\d+)\.(\d{6}): /;

/** The same for a tracefs text of microseconds; returns its number of lines that are events. */
export function repeatText(from: string, to: string, times: number, everyNs: bigint): number {
  const lines = readFileSync(from, 'utf8').split('\n');
  const events = lines.filter((line) => TIME.test(line));
  const out = openSync(to, 'w');
  writeSync(out, '# tracer: nop\n#\n# synthetic: a short recording repeated by the benchmark\n#\n');
  for (let round = 0; round < times; round++) {
    const shiftUs = (everyNs * BigInt(round)) / 1000n;
    const moved = events.map((line) =>
      line.replace(TIME, (_, sec: string, us: string) => {
        const all = BigInt(sec) * 1_000_000n + BigInt(us) + shiftUs;
        return `${all / 1_000_000n}.${String(all % 1_000_000n).padStart(6, '0')}: `;
      }),
    );
    writeSync(out, `${moved.join('\n')}\n`);
  }
  closeSync(out);
  return events.length * times;
}
