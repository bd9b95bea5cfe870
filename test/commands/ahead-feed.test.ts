/** A file that a thread reads ahead gives the rows, names, losses and places of one that is read here. */
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { perfData } from '../../parsers/perf-data.ts';
import { readDirectory } from '../../src/bundle/directory.ts';
import type { PackedMember } from '../../src/bundle/read-member.ts';
import { AheadFeed, aheadOf } from '../../src/commands/ahead-feed.ts';
import type { RoomAhead, StreamToFeed } from '../../src/commands/ahead-worker.ts';
import { FileSource } from '../../src/commands/file-source.ts';
import { endsOf } from '../../src/commands/passed-source.ts';
import { type ReadStream, readSteps, readStream } from '../../src/commands/read-source.ts';
import { chooseFormat } from '../../src/commands/stream-format.ts';
import { IotraceError } from '../../src/errors.ts';
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

function written(bytes: Uint8Array): string {
  const file = join(folder, 'file');
  writeFileSync(file, bytes);
  return file;
}

async function readAhead(
  bytes: Buffer,
  room: RoomAhead,
  stream: Pick<StreamToFeed, 'from' | 'ends'> = { from: written(bytes) },
): Promise<ReadStream & { readonly heard: number }> {
  const builder = new EventTableBuilder();
  let heard = 0;
  const head = bytes.subarray(0, 65_536);
  const feed = new AheadFeed({ name: 'file', head, script: undefined, ...stream }, room, builder, (more) => {
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

describe('a member of a zip', () => {
  /** The only member of a zip that is written for it. */
  async function packed(bytes: Uint8Array): Promise<PackedMember> {
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from(bytes), 'member');
    zip.end();
    const path = join(folder, 'packed.zip');
    await pipeline(zip.outputStream, createWriteStream(path));
    const handle = await open(path);
    const member = (await readDirectory(handle, path)).get('member')!;
    await handle.close();
    return { path, member };
  }

  it('of text is read as the file', async () => {
    const [, bytes] = fixturesOf('ftrace', /^host-mono\.trace$/)[0]!;
    const here = await readStream(chooseFormat('file', bytes.subarray(0, 65_536)), chunksOf(bytes, 1 << 20));
    const { heard, ...ahead } = await readAhead(bytes, { rooms: 2, rows: 37 }, { from: await packed(bytes) });
    expectSame(ahead, here);
    expect(heard).toBe(bytes.length);
  });

  it('of perf.data goes by between what is held of it', async () => {
    const [, bytes] = fixturesOf('perf-data', /\.data\.gz$/)[0]!;
    const ends = await endsOf(perfData, bytes.subarray(0, 65_536), chunksOf(bytes, 1 << 20), bytes.length);
    expect(ends).toBeDefined();
    const here = await readSteps(new FileSource(written(bytes)), perfData);
    expectSame(await readAhead(bytes, { rooms: 2, rows: 37 }, { from: await packed(bytes), ends }), here);
  });

  it('that is damaged is named', async () => {
    const text = Buffer.from(Array.from({ length: 999 }, (_, at) => traceLine(5e6 + at, at)).join(''));
    const from = await packed(text);
    const wrong = { ...from, member: { ...from.member, crc: from.member.crc ^ 1 } };
    const read = readAhead(text, { rooms: 2 }, { from: wrong });
    await expect(read).rejects.toThrow(/Member 'member' of the bundle has changed since it was written/);
    await expect(read).rejects.toMatchObject({ name: 'IotraceError', code: 'bundle-damaged' });
    await expect(read).rejects.toBeInstanceOf(IotraceError);
    const gone = readAhead(text, { rooms: 2 }, { from: { ...from, path: join(folder, 'none.zip') } });
    await expect(gone).rejects.toMatchObject({ code: 'bundle-unreadable' });
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
  const feed = new AheadFeed({ name: 'none', from: file, head, script: undefined }, { rooms: 2 }, builder);
  await feed.more();
  expect(feed.failure?.error).toMatchObject({ code: 'input-missing' });
  await feed.close();
});

describe('closed', () => {
  const text = Buffer.from(Array.from({ length: 5000 }, (_, at) => traceLine(5_000_000 + at, at)).join(''));
  const feedInto = (builder: EventTableBuilder, rows: number) => {
    const stream = { name: 'long', from: written(text), head: text, script: undefined };
    return new AheadFeed(stream, { rooms: 2, rows }, builder);
  };

  it('who waits for it waits no longer', async () => {
    const feed = feedInto(new EventTableBuilder(), 1000);
    await Promise.all([feed.more(), feed.close()]);
    expect(feed.failure?.error).toMatchObject({ message: 'closed' });
  });

  it('a thread that waits for room ends', async () => {
    const builder = new EventTableBuilder();
    const feed = feedInto(builder, 100);
    await feed.more();
    // It fills the two rooms that are free then, and has to wait for a third.
    await setTimeout(200);
    await feed.close();
    expect([builder.rows, feed.report]).toEqual([100, undefined]);
  });
});

it('a sliced stream is cut as one that is read here', async () => {
  const text = Array.from({ length: 3000 }, (_, at) => traceLine(5_000_000 + at, at)).join('');
  const file = join(folder, 'sliced');
  writeFileSync(file, text);
  const head = Buffer.from(text).subarray(0, 65_536);
  const ahead = await sliced(text, 'host', {
    ahead: (builder) =>
      new AheadFeed(
        { name: 'sliced', from: file, head, script: undefined },
        { rooms: 2, rows: 100 },
        builder,
      ),
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

it('a sliced stream that is read whole is not read ahead', async () => {
  const [, bytes] = fixturesOf('perf-data', /\.data\.gz$/)[0]!;
  const ahead = () => {
    throw new Error('begun');
  };
  const stream = await sliced(bytes, 'host', { format: perfData, ahead });
  expect(stream.isReadWhole).toBe(true);
  await stream.close();
});

describe('what is read ahead', () => {
  const stream = (name: string, megabytes: number) => ({
    ...{ name, member: name, machine: 'host' as const },
    bytes: megabytes * 2 ** 20,
  });
  const streams = [stream('a', 10), stream('b', 500), ...Array.from({ length: 99 }, () => stream('c', 100))];
  const ask = (of: (typeof streams)[number], fileOf?: (member: string) => string, cpus = 2) =>
    aheadOf(
      { manifest: { streams }, fileOf } as never,
      of as never,
      { head: new Uint8Array() },
      () => undefined,
      cpus,
    );

  it('is a large file that is one of the largest', () => {
    const fileOf = (name: string) => name;
    expect(streams.map((each) => ask(each, fileOf) !== undefined).slice(0, 2)).toEqual([false, true]);
    expect(ask(stream('d', 99), fileOf)).toBeUndefined();
    expect(ask(streams[1]!)).toBeUndefined();
    expect(ask(streams[1]!, fileOf, 1)).toBeUndefined();
  });
});
