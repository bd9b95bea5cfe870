/**
 * A file of blktrace that is followed while it is read gives the report of the table that it could have been read into, or none. SYNTHETIC, but
 * for one recording, which is repeated.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blktrace } from '../../parsers/blktrace.ts';
import { blockWalk } from '../../src/blocks/block-walk.ts';
import { digestBlocks } from '../../src/blocks/digest-blocks.ts';
import { followRecording, reportOf } from '../../src/commands/analyze.ts';
import { followBlocks } from '../../src/commands/follow-blocks.ts';
import { readWhole, withRawFiles } from '../../src/commands/open-recording.ts';
import type { RequestTable } from '../../src/correlate/request-table.ts';
import { ACTION, blktraceOf, type Drawing, drawEvents, type Event, READ } from './drawn-blktrace.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-blocks-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Reports of a file, and their requests: while it is read, and of its table. */
async function both(bytes: Uint8Array) {
  const file = join(folder, 'drawn.blktrace.0');
  await writeFile(file, bytes);
  return withRawFiles(
    { host: [file], guest: [] },
    undefined,
    () => undefined,
    async (open) => {
      const how = { version: '0', title: open.title, path: undefined };
      const walked = await followBlocks(open, how);
      const { recording } = await readWhole(open);
      const followed = followRecording(recording, how);
      if ('failure' in followed) throw new Error(followed.failure);
      const { requests } = followed.correlated;
      return { walked, model: reportOf(recording, followed, how), requests };
    },
  );
}

/** What a request is, in words where the table has numbers; of points that no request has nothing. */
function inWords({ length, offsets, variant, variants, reason, reasons, ...table }: RequestTable) {
  const { rows: _, ...columns } = table;
  return {
    ...columns,
    offsets: [...offsets].filter(([, own]) => own.some((offset) => offset !== -(2 ** 31))).sort(),
    variants: Array.from(variant.subarray(0, length), (own) => variants[own]),
    reasons: Array.from(reason.subarray(0, length), (own) => reasons[own]),
  };
}

async function expectSame(bytes: Uint8Array) {
  const { walked, model, requests } = await both(bytes);
  expect(walked?.model).toEqual(model);
  expect(walked && inWords(walked.requests)).toEqual(inWords(requests));
  return model;
}

/** Why a file cannot be followed while it is read; undefined where it can. */
async function whyNot(bytes: Uint8Array): Promise<string | undefined> {
  const walk = blockWalk(bytes.length / 96);
  const chunks = async function* () {
    yield bytes;
  };
  const report = await blktrace.parse(chunks(), walk);
  const stream = {
    name: 'drawn',
    machine: 'host',
    format: 'blktrace',
    claimed: undefined,
    overwritten: undefined,
  } as const;
  const digest = digestBlocks(walk.finish(), { ...stream, ...report, format: 'blktrace' });
  return 'whyNot' in digest ? digest.whyNot : undefined;
}

const MANY = 50_500;
const drawn = (drawing: Partial<Drawing> = {}) =>
  drawEvents({ requests: MANY, depth: 4, cpus: 2, seed: 5, ...drawing });

describe('a file of blktrace, followed while it is read', () => {
  it.each([
    ['one at a time, on one CPU', { depth: 1, cpus: 1 }],
    ['one at a time, on several', { depth: 1, cpus: 3 }],
    ['at depth', { depth: 8, cpus: 4 }],
    ['at depth, beside merges, splits, flushes and discards', { depth: 6, busy: 0.3 }],
    ['without a scheduler', { depth: 2, steps: ['queue', 'getrq'] as const }],
    ['of which only issues and completions are recorded', { depth: 3, steps: [] }],
  ])('gives the same report: %s', async (_, drawing) => {
    const model = await expectSame(blktraceOf(drawn(drawing)));
    expect(model.requests.matched).toBeGreaterThanOrEqual(MANY);
  });

  it('gives the same report of a recording that begins and ends while the disk is at work', async () => {
    const all = drawn({ requests: MANY + 1000, depth: 16 });
    const begin = all.findIndex(({ action }, at) => at > 1200 && action === (ACTION.getrq | READ));
    const model = await expectSame(blktraceOf(all.slice(begin, -1207)));
    expect(model.requests.rejected).toEqual({ 'never completed in the recording': 11 });
    expect(model.requests.outsideReasons).toEqual({
      'completed in the recording, issued before it': expect.any(Number),
    });
    expect(model.requests.quarantineReasons).toEqual({
      'host:queue not observed, though nearly all requests have it': expect.any(Number),
    });
  });

  it('gives the same report where a part of a request completes before the rest, and requests begin and end at one time', async () => {
    const all = drawn({ depth: 3 });
    const parts: Event[] = [];
    for (const [at, event] of all.entries()) {
      const isLong = event.bytes === 8192 && (event.action & 0xffff) === 8 && at % 3 === 0;
      if (isLong) parts.push({ ...event, ns: event.ns - 1, bytes: 4096 });
      parts.push(event);
    }
    // Of each ten a time: many of one request are then those of another.
    const coarse = parts.map((event) => ({ ...event, ns: event.ns - (event.ns % 10) }));
    await expectSame(blktraceOf(coarse.sort((a, b) => a.ns - b.ns)));
  });

  it('gives the same report where requests to one sector are in flight together, to the end', async () => {
    const all = drawn({ depth: 8, blocks: 3000 });
    const model = await expectSame(blktraceOf(all));
    const equal = { 'another request to the same sector was in flight': expect.any(Number) };
    expect(model.requests.rejected).toEqual(equal);
    const open = all.filter(({ action }, at) => at < all.length - 90 || (action & 0xffff) !== 8);
    expect((await expectSame(blktraceOf(open))).requests.rejected).toMatchObject(equal);
  });

  it('gives the same report of a real recording, as often as makes it long enough', async () => {
    const once = gunzipSync(readFileSync(new URL('../fixtures/blktrace/virtio.dump.gz', import.meta.url)));
    const { walked, model } = await both(once);
    expect(walked).toBeUndefined();
    expect(model.requests.matched).toBeGreaterThan(100);
    const bytes = repeated(once, 400);
    const result = await both(bytes);
    if (result.walked === undefined) expect(await whyNot(bytes)).toBe('?');
    expect(result.walked?.model).toEqual(result.model);
  });
});

/** The same events again and again, each time later and numbered on. */
function repeated(file: Buffer, times: number): Buffer {
  const all: Buffer[] = [];
  const numbers = new Map<number, number>();
  let before = 0n;
  for (let time = 0; time < times; time++) {
    const own = Buffer.from(file);
    const shift = before;
    for (let at = 0; at < own.length; at += 48 + own.readUInt16LE(at + 46)) {
      const ns = own.readBigUInt64LE(at + 8) + shift;
      own.writeBigUInt64LE(ns, at + 8);
      const cpu = own.readUInt32LE(at + 40);
      if (own.readUInt32LE(at + 4) > 0) {
        numbers.set(cpu, (numbers.get(cpu) ?? 0) + 1);
        own.writeUInt32LE(numbers.get(cpu)!, at + 4);
        before = ns + 1_000_000n;
      }
    }
    all.push(own);
  }
  return Buffer.concat(all);
}

describe('a file of blktrace that cannot be followed while it is read', () => {
  const first = (events: readonly Event[], step: number) =>
    events.findIndex(({ action }, at) => at > 1000 && (action & 0xffff) === step);
  const inserted = (events: readonly Event[], at: number, event: Event) => [
    ...events.slice(0, at + 1),
    event,
    ...events.slice(at + 1),
  ];

  it.each([
    ['few requests', () => drawn({ requests: 500 }), 'it holds few requests'],
    [
      'events out of order',
      () => drawn().toSpliced(0, 2, ...drawn().slice(0, 2).reverse()),
      'its events are not in order of time',
    ],
    ['an event twice', (all: Event[]) => inserted(all, 2000, all[2000]!), 'events repeat each other'],
    [
      'another disk',
      (all: Event[]) => inserted(all, first(all, 7), { ...all[first(all, 7)]!, disk: 2 }),
      'requests of several disks are in it',
    ],
    [
      'a request given back',
      (all: Event[]) =>
        inserted(all, first(all, 7), { ...all[first(all, 7)]!, action: ACTION.requeue | READ }),
      'a driver gave requests back',
    ],
    [
      'a request past the scheduler',
      (all: Event[]) => all.toSpliced(first(all, 12), 1),
      'its requests go more than one way',
    ],
    [
      'many bios that were not recorded',
      (all: Event[]) => all.filter(({ action }, at) => (action & 0xffff) !== 1 || at % 9 > 0),
      'many requests lack a point that others have',
    ],
    ['events that were lost', (all: Event[]) => all, 'events were lost'],
  ])('is read into a table: %s', async (what, change, why) => {
    const bytes = blktraceOf(change(drawn()));
    // The numbers of events jump.
    if (what === 'events that were lost') bytes.writeUInt32LE(7_000_000, 3000 * 48 + 4);
    expect(await whyNot(bytes)).toBe(why);
  });
});
