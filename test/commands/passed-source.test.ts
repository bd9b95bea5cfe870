/** A perf.data file that can only be read from its beginning gives what it gives where it can be read at any place. */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { perfData } from '../../parsers/perf-data.ts';
import { endsOf, PassedSource } from '../../src/commands/passed-source.ts';
import { type ReadStream, readSource, readSteps } from '../../src/commands/read-source.ts';
import { randomFrom } from '../support/damage.ts';
import { chunksOf } from './drawn-streams.ts';

const FIXTURES = new URL('../fixtures/perf-data/', import.meta.url);
const fixture = (name: string) => new Uint8Array(gunzipSync(readFileSync(new URL(name, FIXTURES))));
const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.data.gz'));
const isPiped = (name: string) => name.startsWith('dd-pipe');

/** Read in two passes through chunks of a size; undefined where the stream has to be held. */
async function inPasses(bytes: Uint8Array, size: number): Promise<ReadStream | undefined> {
  const ends = await endsOf(perfData, bytes.subarray(0, 65_536), chunksOf(bytes, size), bytes.length);
  if (ends === undefined) return undefined;
  let heard = 0;
  const source = new PassedSource(ends, chunksOf(bytes, size));
  const read = await readSteps(source, perfData, (more) => {
    heard += more;
  });
  expect(heard).toBeLessThanOrEqual(bytes.length);
  return read;
}

const held = (bytes: Uint8Array) => readSource('x', 'host', perfData, chunksOf(bytes, 1 << 16));

async function expectSame(bytes: Uint8Array, size: number): Promise<void> {
  const read = await inPasses(bytes, size);
  const { events, losses, rejects, records, clock } = await held(bytes);
  expect({ ...read, report: undefined }).toEqual({ events, losses, rejects, report: undefined });
  expect(read!.report).toMatchObject({ records, clock });
}

describe.each(names)('%s', (name) => {
  it.each([997, 1 << 16, 1 << 24])('in chunks of %i bytes', async (size) => {
    await expectSame(fixture(name), size);
  });
});

describe.each(names.filter(isPiped))('%s', (name) => {
  it('says what its samples are as it goes: the first pass ends there', async () => {
    const bytes = fixture(name);
    let taken = 0;
    const chunks = async function* () {
      for await (const chunk of chunksOf(bytes, 997)) {
        taken += chunk.length;
        yield chunk;
      }
    };
    const ends = await endsOf(perfData, bytes.subarray(0, 65_536), chunks(), bytes.length);
    expect(ends!.before).toHaveLength(ends!.from);
    expect(ends!.behind).toHaveLength(0);
    expect(taken).toBeLessThan(ends!.from + 997);
    expect(ends!.from).toBeLessThan(bytes.length);
  });

  it('damaged anywhere, it is what it is when it is held, or is held', async () => {
    const random = randomFrom(11);
    let passes = 0;
    for (let round = 0; round < 100; round++) {
      const damaged = fixture(name);
      // Half of them in what comes before the samples.
      const reach = round % 2 === 0 ? 4096 : damaged.length;
      for (let times = 0; times < 3; times++)
        damaged[16 + Math.floor(random() * (reach - 16))] = Math.floor(random() * 256);
      const cut = damaged.subarray(0, Math.floor(damaged.length * (round % 3 === 0 ? random() : 1)));
      const read = await inPasses(cut, 5000);
      if (read === undefined) continue;
      passes++;
      const { events, rejects } = await held(cut);
      expect(read.events).toEqual(events);
      expect(read.rejects).toEqual(rejects);
    }
    expect(passes).toBeGreaterThan(20);
  });

  it('is held where the descriptions do not begin in its first 64 KiB', async () => {
    const bytes = fixture(name);
    expect(await endsOf(perfData, bytes.subarray(0, 64), chunksOf(bytes, 997), bytes.length)).toBeUndefined();
  });
});

it('what was written to a pipe goes by, where it is many times as long', async () => {
  const bytes = fixture('dd-pipe.data.gz');
  const { from } = (await endsOf(perfData, bytes.subarray(0, 65_536), chunksOf(bytes, 997), bytes.length))!;
  const records = bytes.subarray(from);
  const times = Math.ceil((20 << 20) / records.length);
  const long = new Uint8Array(from + times * records.length);
  long.set(bytes.subarray(0, from));
  for (let at = from; at < long.length; at += records.length) long.set(records, at);
  expect((await held(long)).events.length).toBeGreaterThan(10 * (await held(bytes)).events.length);
  await expectSame(long, 100_000);
});

/** The file with other records, its header and what stands behind them as perf would have written them. */
function withRecords(bytes: Uint8Array, records: readonly Uint8Array[]): Uint8Array {
  const view = new DataView(bytes.buffer);
  const [from, size] = [Number(view.getBigUint64(40, true)), Number(view.getBigUint64(48, true))];
  const head = bytes.slice(0, from);
  const length = records.reduce((sum, part) => sum + part.length, 0);
  new DataView(head.buffer).setBigUint64(48, BigInt(length), true);
  const behind = bytes.slice(from + size);
  const sections = new DataView(behind.buffer);
  let features = 0;
  for (let at = 72; at < 104; at++) for (let bit = 0; bit < 8; bit++) if ((bytes[at]! >> bit) & 1) features++;
  for (let at = 0; at < 16 * features; at += 16)
    sections.setBigUint64(at, sections.getBigUint64(at, true) + BigInt(length - size), true);
  return new Uint8Array(Buffer.concat([head, ...records, behind]));
}

describe('a stretch that is longer than what is held', () => {
  const bytes = fixture('vblk-aio-6.1.data.gz');
  const [from, size] = [40, 48].map((at) => Number(new DataView(bytes.buffer).getBigUint64(at, true)));
  const records = bytes.subarray(from, from! + size!);

  it('goes by', async () => {
    const long = withRecords(bytes, Array<Uint8Array>(Math.ceil((20 << 20) / size!)).fill(records));
    expect((await held(long)).records).toBeGreaterThan(10 * (await held(bytes)).records);
    await expectSame(long, 100_000);
  });

  it('also where one record takes more than a window', async () => {
    // PERF_RECORD_AUXTRACE: its own size, and that of the data behind it.
    const aux = new Uint8Array(48 + (20 << 20));
    const view = new DataView(aux.buffer);
    view.setUint32(0, 71, true);
    view.setUint16(6, 48, true);
    view.setBigUint64(8, BigInt(20 << 20), true);
    const long = withRecords(bytes, [aux, records]);
    expect((await held(long)).events.length).toBe((await held(bytes)).events.length);
    await expectSame(long, 100_000);
  });
});

it('whatever a damaged header points at, nothing but the reading throws', async () => {
  const random = randomFrom(7);
  const bytes = fixture('dd-lost.data.gz');
  let passes = 0;
  for (let round = 0; round < 300; round++) {
    const damaged = Uint8Array.from(bytes);
    const view = new DataView(damaged.buffer);
    // Places and sizes of the sections, or bytes anywhere in the header.
    for (let times = 0; times < 2; times++) {
      const at = 16 + 8 * Math.floor(random() * 7);
      if (random() < 0.7) view.setBigUint64(at, BigInt(Math.floor(random() * 1.2 * bytes.length)), true);
      else damaged[16 + Math.floor(random() * 88)] = Math.floor(random() * 256);
    }
    if ((await inPasses(damaged, 5000)) !== undefined) passes++;
  }
  expect(passes).toBeGreaterThan(100);
});
