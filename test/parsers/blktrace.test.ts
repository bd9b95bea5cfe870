import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { blkparse } from '../../parsers/blkparse.ts';
import { blktrace } from '../../parsers/blktrace.ts';
import { DIRECTION, packRequest } from '../../parsers/event-kinds.ts';
import type { EventSink } from '../../parsers/event-sink.ts';
import { randomFrom } from '../support/damage.ts';
import { type Parsed, parseAll, type Row } from './row-sink.ts';

const fixture = (file: string) =>
  gunzipSync(readFileSync(new URL(`../fixtures/blktrace/${file}.gz`, import.meta.url)));
const CPUS = [fixture('virtio.blktrace.0'), fixture('virtio.blktrace.1')];
const DUMP = fixture('virtio.dump');
const TEXT = fixture('virtio.txt');

const ns = ({ sec, nsec }: Row) => BigInt(sec) * 1_000_000_000n + BigInt(nsec);

/** Rows of the files of all CPUs in the order of time, as times after the first. */
function merged(files: readonly Parsed[]): Row[] {
  const rows = files.flatMap(({ rows: own }) => own).sort((a, b) => (ns(a) < ns(b) ? -1 : 1));
  const first = ns(rows[0]!);
  return rows.map((row) => {
    const since = ns(row) - first;
    return { ...row, sec: Number(since / 1_000_000_000n), nsec: Number(since % 1_000_000_000n) };
  });
}

async function* chunkOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

interface Drawn {
  readonly action: number;
  readonly sequence?: number;
  readonly ns?: bigint;
  readonly sector?: bigint;
  readonly bytes?: number;
  readonly pid?: number;
  readonly cpu?: number;
  readonly pdu?: Buffer;
}

/** A record by include/uapi/linux/blktrace_api.h, in either version and byte order. */
function record(given: Drawn, version = 7, little = true): Buffer {
  const { action, sequence = 1, ns: time = 5_000_000_001n, sector = 8n, bytes = 4096 } = given;
  const { pid = 912, cpu = 3, pdu = Buffer.alloc(0) } = given;
  const number = (width: number, value: number | bigint) => {
    const written = Buffer.from(value.toString(16).padStart(2 * width, '0'), 'hex');
    return little ? written.reverse() : written;
  };
  const u32 = (value: number) => number(4, value);
  const begin = [u32(0x65617400 + version), u32(sequence), number(8, time), number(8, sector), u32(bytes)];
  const middle = version === 8 ? [u32(pid), number(8, action)] : [u32(action), u32(pid)];
  const end = [u32((8 << 20) | 16), u32(cpu), number(2, 0), number(2, pdu.length)];
  return Buffer.concat([...begin, ...middle, ...end, Buffer.alloc(version === 8 ? 12 : 0), pdu]);
}

const [READ, WRITE, FLUSH, QUEUE, COMMAND, NOTE, DISCARD] = [0, 1, 2, 4, 9, 10, 13].map(
  (bit) => 2 ** (16 + bit),
);
const Q = 1 + QUEUE!;
const name = (pid: number, comm: string, time: bigint) =>
  record({ action: NOTE!, sequence: 0, pid, ns: time, pdu: Buffer.from(comm.padEnd(16, '\0')) });

describe('blktrace, recorded', () => {
  it('gives the rows of what blkparse prints of the same files, on CLOCK_MONOTONIC', async () => {
    const text = await parseAll(blkparse, TEXT, TEXT.length);
    const files = await Promise.all(CPUS.map((file) => parseAll(blktrace, file, 4096)));
    expect(merged(files)).toEqual(text.rows);
    expect(text.rows).toHaveLength(675);
    for (const { report, rejects, losses } of files) {
      expect([report.clock, report.unit, report.roundingNs]).toEqual(['mono', 'ns', 0]);
      expect([rejects, losses]).toEqual([[], []]);
    }
    const sum = (what: 'records' | 'unused') => files.reduce((all, { report }) => all + report[what], 0);
    expect([sum('records'), sum('unused')]).toEqual([text.report.records, text.report.unused]);
    // The guest had run for ten seconds.
    expect(files[0]!.rows[0]).toMatchObject({ sec: 9, nsec: 923_126_727, cpu: 0, tid: 150 });
    const names = new Map(files.flatMap(({ tasks }) => [...tasks]).filter(([, { comm }]) => comm !== ''));
    for (const [tid, { comm }] of text.tasks) if (comm !== '') expect(names.get(tid)?.comm).toBe(comm);
  });

  it('gives the same rows of what blkparse -d wrote, whose clock is not known', async () => {
    const text = await parseAll(blkparse, TEXT, TEXT.length);
    const dump = await parseAll(blktrace, DUMP, 1000);
    expect(dump.rows).toEqual(text.rows);
    expect(dump.report).toEqual(text.report);
    expect([dump.rejects, dump.losses]).toEqual([[], []]);
  });

  it('concludes nothing where blkparse -d left events out', async () => {
    const { report, rejects, losses, rows } = await parseAll(blktrace, fixture('completions.dump'), 4096);
    expect(report.clock).toBe('unknown');
    expect(losses).toEqual([]);
    expect(rejects).toMatchObject([{ reason: expect.stringContaining('left out with -a or -w') }]);
    expect(new Set(rows.map((row) => row.name))).toEqual(new Set(['block_rq_complete']));
  });

  it('cannot see what Linux 6.12 dropped: its numbers count what was kept', async () => {
    const files = await Promise.all(
      ['dropped.blktrace.0', 'dropped.blktrace.1'].map((file) => parseAll(blktrace, fixture(file), 4096)),
    );
    expect(files.map(({ losses, rejects }) => [losses, rejects])).toEqual([
      [[], []],
      [[], []],
    ]);
    // fio read 320 times.
    expect(merged(files).filter((row) => row.name === 'block_bio_queue')).toHaveLength(282);
  });

  it('gives the same rows for chunks of any size, and says when the file is cut', async () => {
    const whole = await parseAll(blktrace, CPUS[0]!, CPUS[0]!.length);
    expect((await parseAll(blktrace, CPUS[0]!, 7)).rows).toEqual(whole.rows);
    const cut = await parseAll(blktrace, CPUS[0]!.subarray(0, 5000));
    expect(cut.rejects).toMatchObject([{ reason: 'the last record is cut' }]);
    expect(cut.rows).toEqual(whole.rows.slice(0, cut.rows.length));
  });
});

describe('blktrace, drawn', () => {
  it.each([
    [7, true],
    [7, false],
    [8, true],
    [8, false],
  ])('reads version %i, little-endian %s', async (version, little) => {
    const file = [
      record({ action: Q + READ!, ns: 2n ** 53n + 1n }, version, little),
      record(
        { action: 7 + WRITE! + FLUSH!, sequence: 2, sector: 2n ** 40n, pdu: Buffer.alloc(13) },
        version,
        little,
      ),
    ];
    const head = file[0]!.subarray(0, 8);
    expect(blktrace.sniff(head)).toBe(true);
    const { rows, rejects } = await parseAll(blktrace, Buffer.concat(file));
    expect(rejects).toEqual([]);
    const place = { cpu: 3, tid: 912, dev: (8 << 20) | 16 };
    expect(rows).toEqual([
      {
        name: 'block_bio_queue',
        sec: 9_007_199,
        nsec: 254_740_993,
        tag: 8,
        aux: packRequest(8, DIRECTION.read),
        ...place,
      },
      {
        name: 'block_rq_issue',
        sec: 5,
        nsec: 1,
        tag: 2 ** 40,
        aux: packRequest(8, DIRECTION.write),
        ...place,
      },
    ]);
  });

  it('tells directions as blkparse’s letters do, and leaves out places that are none', async () => {
    const drawn = [
      { action: Q + FLUSH!, bytes: 0, sector: 2n ** 64n - 1n },
      { action: Q + FLUSH! + WRITE!, bytes: 0, sector: 0n },
      { action: Q + DISCARD! + WRITE!, bytes: 1 << 20 },
      { action: Q, bytes: 0 },
      { action: 7 + COMMAND!, bytes: 512 },
      { action: 4 + COMMAND!, bytes: 512 },
      { action: Q + 256, pdu: Buffer.alloc(8) },
    ];
    const file = drawn.map((each, at) => record({ ...each, sequence: at + 1 }));
    const { rows } = await parseAll(blktrace, Buffer.concat(file));
    const { read, write, flush, discard, other } = DIRECTION;
    expect(rows.map(({ tag, aux }) => [tag, aux])).toEqual([
      [Number.NaN, packRequest(0, flush)],
      [Number.NaN, packRequest(0, write)],
      [8, packRequest(2048, discard)],
      [Number.NaN, packRequest(0, other)],
      [Number.NaN, packRequest(0, read)],
      [8, packRequest(1, read)],
      [8, packRequest(8, read)],
    ]);
    const zone = record({ action: Q + WRITE! + 2 ** 33, bytes: 0 }, 8);
    expect((await parseAll(blktrace, zone)).rows).toMatchObject([{ aux: packRequest(0, other) }]);
  });
});

describe('blktrace, drawn sequences and notes', () => {
  it('counts what a jump of blktrace’s own numbers leaves out, on its CPU and before the event behind it', async () => {
    const file = [
      record({ action: Q, sequence: 3 }),
      record({ action: Q, sequence: 1, cpu: 5 }),
      record({ action: 9 + QUEUE!, sequence: 9 }),
      record({ action: Q, sequence: 10 }),
    ];
    const { losses, report } = await parseAll(blktrace, Buffer.concat(file));
    expect(losses).toEqual([
      { cpu: 3, count: 2, row: 0 },
      { cpu: 3, count: 5, row: 2 },
    ]);
    expect([report.clock, report.records, report.unused]).toEqual(['mono', 4, 1]);
  });

  it('takes a file whose events begin at 0, or before its notes, for one of blkparse -d', async () => {
    const events = [record({ action: Q, sequence: 4, ns: 7n }), record({ action: Q, sequence: 9, ns: 8n })];
    for (const file of [
      [name(912, 'fio', 8n), ...events],
      [record({ action: Q, sequence: 4, ns: 0n }), events[1]!],
    ]) {
      const { losses, rejects, report } = await parseAll(blktrace, Buffer.concat(file));
      expect([losses.length, rejects.length, report.clock]).toEqual([0, 1, 'unknown']);
    }
    const own = await parseAll(blktrace, Buffer.concat([name(912, 'fio', 7n), ...events]));
    expect([own.losses.length, own.report.clock]).toEqual([2, 'mono']);
    const tracefs = await parseAll(blktrace, record({ action: Q, sequence: 0 }));
    expect([tracefs.losses.length, tracefs.report.clock]).toEqual([0, 'unknown']);
  });

  it('reads the same a word at a time and byte by byte, whatever changes from one event to the next', async () => {
    const random = randomFrom(7);
    const oneOf = <T>(...values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
    const file: Buffer[] = [];
    const last = new Map<number, number>();
    let [cpu, pid, time] = [0, 912, 5n];
    for (let event = 0; event < 9000; event++) {
      if (random() < 0.2) cpu = oneOf(0, 1, 0xffff);
      if (random() < 0.1) pid = oneOf(0, 7, 912, 0x400000);
      time += BigInt(oneOf(0, 1, 700, event === 4000 ? 2 ** 53 : 9000));
      const sequence = (last.get(cpu) ?? 0) + (random() < 0.01 ? 3 : 1);
      last.set(cpu, sequence);
      const action = oneOf(Q, 4, 12 + WRITE!, 7, 8, 9 + QUEUE!, 8 + 256, 7 + COMMAND!);
      const sector = oneOf(8n, 2n ** 40n, 2n ** 62n);
      const more = { pid, cpu, sequence, ns: time, sector, bytes: oneOf(0, 512, 4096) };
      file.push(record({ action, ...more, pdu: Buffer.alloc(random() < 0.02 ? 12 : 0) }));
      if (random() < 0.01) file.push(name(pid & 0xfff, 'fio', time));
    }
    const bytes = Buffer.concat(file);
    const odd = Buffer.concat([Buffer.alloc(1), bytes]).subarray(1);
    const once = (whole: Uint8Array) => ({
      ...blktrace,
      parse: (_: unknown, sink: EventSink) => blktrace.parse(chunkOf(whole), sink),
    });
    const words = await parseAll(once(new Uint8Array(bytes)), bytes);
    expect(odd.byteOffset % 4).not.toBe(0);
    expect(words).toEqual(await parseAll(once(odd), bytes));
    expect([words.losses.length > 50, words.rejects.length > 50, words.rows.length > 2500]).toEqual(
      Array(3).fill(true),
    );
  });

  it('names tasks by notes, before their events or behind them', async () => {
    const file = [
      name(7, 'fio', 1n),
      record({ action: Q, pid: 912 }),
      name(912, 'dd', 6n),
      name(912, 'cat', 6n),
    ];
    const { tasks, report } = await parseAll(blktrace, Buffer.concat(file));
    expect([...tasks]).toEqual([
      [7, { comm: 'fio', tgid: undefined }],
      [912, { comm: 'dd', tgid: undefined }],
    ]);
    expect([report.records, report.unused]).toEqual([1, 0]);
  });
});

describe('blktrace, damaged', () => {
  it.each([
    [
      'no record where one has to begin, the rest is unreadable',
      [record({ action: Q }), record({ action: Q }, 9)],
    ],
    ['a record of an impossible CPU or thread', [record({ action: Q, cpu: 65_535 })]],
    ['a record of an impossible CPU or thread', [record({ action: Q, pid: 1 << 22 })]],
    ['the last record is cut', [record({ action: Q, pdu: Buffer.alloc(65_535) }).subarray(0, 65_000)]],
  ])('%s', async (reason, parts) => {
    const { rejects } = await parseAll(blktrace, Buffer.concat(parts), 4096);
    expect(rejects.map((reject) => reject.reason)).toEqual([reason]);
  });
});
