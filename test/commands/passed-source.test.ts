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

describe.each(names.filter((name) => !isPiped(name)))('%s', (name) => {
  it.each([997, 1 << 16, 1 << 24])('in chunks of %i bytes', async (size) => {
    await expectSame(fixture(name), size);
  });
});

it.each(names.filter(isPiped))('%s says what its samples are as it goes, and is held', async (name) => {
  expect(await inPasses(fixture(name), 1 << 16)).toBeUndefined();
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
