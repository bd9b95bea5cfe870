/** A file that a thread reads ahead gives the rows, names, losses and places of one that is read here. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { perfData } from '../../parsers/perf-data.ts';
import { AheadFeed, aheadOf, type RoomAhead } from '../../src/commands/ahead-feed.ts';
import { FileSource } from '../../src/commands/file-source.ts';
import { type ReadStream, readSteps, readStream } from '../../src/commands/read-source.ts';
import { chooseFormat } from '../../src/commands/stream-format.ts';
import { type BuiltTable, EventTableBuilder } from '../../src/trace/event-table-builder.ts';
import { chunksOf, sliced, traceLine } from './drawn-streams.ts';

const folder = mkdtempSync(join(tmpdir(), 'iotrace-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const FIXTURES = new URL('../fixtures/', import.meta.url);

/** Files as they lie in a folder of the fixtures, unpacked. */
function fixturesOf(kind: string, ending: RegExp): [name: string, bytes: Buffer][] {
  return readdirSync(new URL(`${kind}/`, FIXTURES))
    .filter((name) => ending.test(name))
    .map((name) => {
      const bytes = readFileSync(new URL(`${kind}/${name}`, FIXTURES));
      return [name, name.endsWith('.gz') ? gunzipSync(bytes) : bytes];
    });
}

async function readAhead(bytes: Buffer, room: RoomAhead): Promise<ReadStream & { readonly heard: number }> {
  const file = join(folder, 'file');
  writeFileSync(file, bytes);
  const builder = new EventTableBuilder();
  let heard = 0;
  const head = bytes.subarray(0, 65_536);
  const feed = new AheadFeed({ name: 'file', file, head, script: undefined }, room, builder, (more) => {
    heard += more;
  });
  while (feed.report === undefined) {
    await feed.more();
    if (feed.failure !== undefined) throw feed.failure.error;
  }
  await feed.close();
  return { report: feed.report, ...builder.build(), heard };
}

function expectSame(ahead: BuiltTable, here: BuiltTable): void {
  for (const column of ['ts', 'kind', 'cpu', 'tid', 'dev', 'tag', 'aux'] as const)
    expect(ahead.events[column], column).toEqual(here.events[column]);
  const rest = ({ events: { epoch, strings, tasks }, rejects, losses }: BuiltTable) => ({
    ...{ epoch, strings, tasks },
    ...{ rejects, losses },
  });
  expect(rest(ahead)).toEqual(rest(here));
}

/** Rooms that are filled again and again, and one that holds all. */
const ROOMS: [string, RoomAhead][] = [
  ['two small rooms', { rooms: 2, rows: 37 }],
  ['rooms as they are', { rooms: 3 }],
];

describe.each(ROOMS)('%s', (_, room) => {
  it.each(fixturesOf('ftrace', /\.trace$/))('tracefs text %s', async (_, bytes) => {
    const format = chooseFormat('file', bytes.subarray(0, 65_536));
    const { heard, ...ahead } = await readAhead(bytes, room);
    const here = await readStream(format, chunksOf(bytes, 1 << 20));
    expectSame(ahead, here);
    expect(ahead.report).toEqual(here.report);
    expect(heard).toBe(bytes.length);
  });

  it.each(fixturesOf('perf-data', /\.data\.gz$/))('perf.data %s', async (_, bytes) => {
    const { heard, ...ahead } = await readAhead(bytes, room);
    const here = await readSteps(new FileSource(join(folder, 'file')), perfData);
    expectSame(ahead, here);
    expect(ahead.report).toEqual(here.report);
    expect(heard).toBeGreaterThan(0);
    expect(heard).toBeLessThanOrEqual(bytes.length);
  });
});

it('losses and what cannot be read lie where they lay', async () => {
  const lines = Array.from({ length: 500 }, (_, at) =>
    at % 50 === 7 ? 'CPU:0 [LOST 12 EVENTS]\n' : at % 90 === 3 ? 'no line\n' : traceLine(5_000_000 + at, at),
  );
  const bytes = Buffer.from(lines.join(''));
  const here = await readStream(chooseFormat('file', bytes), chunksOf(bytes, 1000));
  expect(here.losses.length).toBe(10);
  expect(here.rejects[0]).toMatchObject({ count: 6, firstLine: 4 });
  expectSame(await readAhead(bytes, { rooms: 2, rows: 16 }), here);
});

it('what cannot be read is a failure', async () => {
  const [, bytes] = fixturesOf('perf-data', /\.data\.gz$/)[0]!;
  const file = join(folder, 'none');
  const head = bytes.subarray(0, 65_536);
  const builder = new EventTableBuilder();
  const feed = new AheadFeed({ name: 'none', file, head, script: undefined }, { rooms: 2 }, builder);
  await feed.more();
  expect(feed.failure?.error).toMatchObject({ code: 'ENOENT' });
  await feed.close();
});

it('who waits when it is closed waits no longer', async () => {
  const text = Buffer.from(Array.from({ length: 5000 }, (_, at) => traceLine(5_000_000 + at, at)).join(''));
  const file = join(folder, 'long');
  writeFileSync(file, text);
  const builder = new EventTableBuilder();
  const feed = new AheadFeed({ name: 'long', file, head: text, script: undefined }, { rooms: 1 }, builder);
  const waited = feed.more();
  await Promise.all([waited, feed.close()]);
  expect(feed.failure?.error).toMatchObject({ message: 'closed' });
});

it('a sliced stream is cut as one that is read here', async () => {
  const text = Array.from({ length: 3000 }, (_, at) => traceLine(5_000_000 + at, at)).join('');
  const file = join(folder, 'sliced');
  writeFileSync(file, text);
  const head = Buffer.from(text).subarray(0, 65_536);
  const ahead = await sliced(text, 'host', {
    ahead: (builder) =>
      new AheadFeed({ name: 'sliced', file, head, script: undefined }, { rooms: 2, rows: 100 }, builder),
  });
  const here = await sliced(text, 'host');
  for (const to of [1_000_000, 2_000_000, Number.POSITIVE_INFINITY]) {
    const [own, other] = await Promise.all(
      [ahead, here].map(async (stream) => {
        await stream.fillTo(to);
        return stream.cut(to, to - 100_000);
      }),
    );
    expect(own!.events.ts.length).toBeGreaterThan(999);
    expect({ ...own, events: [...own!.events.tag] }).toEqual({ ...other, events: [...other!.events.tag] });
  }
  expect([ahead.agrees, ahead.late, await ahead.rest()]).toEqual([true, 0, await here.rest()]);
  await Promise.all([ahead.close(), here.close()]);
});

describe('what is read ahead', () => {
  const stream = (name: string, megabytes: number) => ({
    ...{ name, member: name, machine: 'host' as const },
    bytes: megabytes * 2 ** 20,
  });
  const streams = [stream('a', 10), stream('b', 500), ...Array.from({ length: 99 }, () => stream('c', 100))];
  const ask = (of: (typeof streams)[number], fileOf?: (member: string) => string, cpus = 2) =>
    aheadOf({ manifest: { streams }, fileOf } as never, of as never, new Uint8Array(), () => undefined, cpus);

  it('is a large file that is one of the largest', () => {
    const fileOf = (name: string) => name;
    expect(streams.map((each) => ask(each, fileOf) !== undefined).slice(0, 2)).toEqual([false, true]);
    expect(ask(stream('d', 99), fileOf)).toBeUndefined();
    expect(ask(streams[1]!)).toBeUndefined();
    expect(ask(streams[1]!, fileOf, 1)).toBeUndefined();
  });
});
