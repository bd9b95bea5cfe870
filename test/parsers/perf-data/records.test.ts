/** Records and layouts of perf.data that no recording at hand has. SYNTHETIC files, see test/support/build-perf-data.ts. */
import { describe, expect, it } from 'vitest';
import { sourceOfBytes } from '../../../parsers/perf-data/byte-source.ts';
import { perfData, readPerfData } from '../../../parsers/perf-data.ts';
import {
  type BuiltEvent,
  buildFile,
  buildPipe,
  formatText,
  pair,
  raw,
  record,
  SAMPLE,
  sample,
  USUAL,
  words,
} from '../../support/build-perf-data.ts';
import { parseAll } from '../row-sink.ts';

const MMIO = formatText('kvm_fast_mmio', 700, ['gpa:u64']);
const EVENTFD = formatText('eventfd_signal_mask', 701, ['__probe_ip:u64', 'ctx:u64', 'id:s32']);
const OTHER = formatText('kvm_msr', 702, ['ecx:u32']);

const mmio: BuiltEvent = { config: 700, sampleType: USUAL, ids: [11, 12], clock: 1 };
const eventfd: BuiltEvent = { config: 701, sampleType: USUAL, ids: [21, 22], clock: 1 };
const other: BuiltEvent = { config: 702, sampleType: USUAL, ids: [31], clock: 1 };

const read = (file: Buffer) => parseAll(perfData, file, file.length);
const trailer = (event: BuiltEvent, time: number, cpu: number) =>
  words(pair(100, 100), time, pair(cpu, 0), event.ids![0]!);
const idIndex = record(69, words(4, 11, 0, 0, -1, 12, 1, 1, -1, 21, 0, 0, -1, 22, 1, 1, -1));

describe('samples', () => {
  it('tells events apart by the number in the sample, also when they come from several CPUs', async () => {
    const second = { ...eventfd, ids: [22] };
    const { rows, report } = await read(
      buildFile(
        [mmio, eventfd, other],
        [MMIO, EVENTFD, OTHER],
        [
          sample(mmio, { time: 5_000_000_001, cpu: 3, tid: 7 }, words(0xfebf7000)),
          sample(second, { time: 6_999_999_999, cpu: 1, misc: 4 }, Buffer.concat([words(0, 1), words(-2)])),
          sample(other, { time: 1 }, words(0)),
        ],
      ),
    );
    expect(rows).toEqual([
      { name: 'kvm_fast_mmio', sec: 5, nsec: 1, cpu: 3, tid: 7, dev: 0, tag: 0xfebf7000, aux: 0 },
      { name: 'eventfd_signal_mask', sec: 6, nsec: 999_999_999, cpu: 1, tid: 100, dev: 0, tag: -2, aux: 0 },
    ]);
    expect(report).toMatchObject({ clock: 'mono', records: 3, unused: 1 });
  });

  it('keeps times above 2^53 ns exact', async () => {
    const time = 1_795_347_620_077_198_123n;
    const { rows } = await read(buildFile([mmio], [MMIO], [sample(mmio, { time }, words(1))]));
    expect(rows[0]).toMatchObject({ sec: 1_795_347_620, nsec: 77_198_123 });
  });

  it('keeps times exact that lie decades apart', async () => {
    const times = [1_795_347_620_077_198_123n, 3n, 4_999_999_999n, 1_795_347_620_077_198_127n];
    const samples = times.map((time, index) => sample(mmio, { time, cpu: index }, words(index)));
    const { rows } = await read(buildFile([mmio], [MMIO], samples));
    expect(rows.map(({ sec, nsec }) => BigInt(sec) * 1_000_000_000n + BigInt(nsec))).toEqual(times);
    expect(rows.map(({ cpu, tag }) => [cpu, tag])).toEqual([0, 1, 2, 3].map((index) => [index, index]));
  });

  it('come before the loss that is told behind them, in the same piece of the file', async () => {
    const file = buildFile(
      [mmio],
      [MMIO],
      [
        sample(mmio, { time: 1 }, words(1)),
        record(2, Buffer.concat([words(11, 5), trailer(mmio, 2, 0)])),
        sample(mmio, { time: 3 }, words(2)),
      ],
    );
    const { rows, losses } = await read(file);
    expect([rows.length, losses]).toEqual([2, [{ cpu: 0, count: 5, row: 1 }]]);
  });
});

describe('rounds', () => {
  it('end with the names of the threads that are new, or have another one', () => {
    const named = (tid: number, comm: string, time: number) =>
      record(
        3,
        Buffer.concat([words(pair(tid, tid)), Buffer.from(comm.padEnd(16, '\0')), trailer(mmio, time, 0)]),
      );
    const round = record(68, Buffer.alloc(0));
    const file = buildFile(
      [mmio],
      [MMIO],
      [
        named(7, 'qemu', 1),
        sample(mmio, { time: 2, tid: 7 }, words(1)),
        round,
        named(7, 'IO io0', 3),
        round,
        round,
        sample(mmio, { time: 4, tid: 8 }, words(1)),
      ],
    );
    const said: string[] = [];
    readPerfData(sourceOfBytes(file), {
      event: (_kind, _sec, nsec) => said.push(`event at ${nsec}`),
      round: () => said.push('round'),
      string: () => 0,
      task: (tid, comm) => said.push(`${tid} is ${comm || 'unnamed'}`),
      lost: () => expect.fail('lost'),
      reject: (reason) => expect.fail(reason),
    });
    expect(said).toEqual([
      ...['event at 2', '7 is qemu', 'round', '7 is IO io0', 'round', 'round', 'event at 4'],
      // All once more at the end, when all parents are known.
      ...['7 is IO io0', '8 is unnamed'],
    ]);
  });
});

describe('clocks and layouts', () => {
  it.each([
    [undefined, 'local'],
    [0, 'realtime'],
    [1, 'mono'],
    [4, 'mono_raw'],
    [7, 'boot'],
    [11, 'tai'],
    [99, 'unknown'],
  ] as const)('clock %s is %s', async (clock, name) => {
    const { clock: _, ...event } = mmio;
    const built = clock === undefined ? event : { ...event, clock };
    expect((await read(buildFile([built], [MMIO], []))).report.clock).toBe(name);
  });

  it('finds the raw data behind every part that can stand before it', async () => {
    const everything =
      SAMPLE.ip |
      SAMPLE.tid |
      SAMPLE.time |
      SAMPLE.addr |
      SAMPLE.read |
      SAMPLE.callchain |
      SAMPLE.id |
      SAMPLE.cpu |
      SAMPLE.period |
      SAMPLE.streamId |
      SAMPLE.raw |
      SAMPLE.identifier;
    const head = words(11, 0, pair(5, 6), 9, 0xadd4, 11, 77, pair(2, 0), 1);
    const chain = words(3, -1, -2, -3);
    const data = raw(700, words(42));
    // PERF_FORMAT_* 1 times enabled, 2 times running, 4 id, 16 lost, 8 group.
    for (const [readFormat, content] of [
      [0, words(123)],
      [1 | 2 | 4 | 16, words(123, 1, 2, 11, 0)],
      [8 | 1 | 4, words(2, 1, 123, 11, 456, 12)],
    ] as const) {
      const event = { ...mmio, sampleType: everything, readFormat };
      const bytes = record(9, Buffer.concat([head, content, chain, data]));
      const { rows, rejects } = await read(buildFile([event], [MMIO], [bytes]));
      expect(rejects).toEqual([]);
      expect(rows).toEqual([
        { name: 'kvm_fast_mmio', sec: 0, nsec: 9, cpu: 2, tid: 6, dev: 0, tag: 42, aux: 0 },
      ]);
    }
  });
});

describe('samples that lack a part', () => {
  it('goes by the number in the raw data where samples carry no id', async () => {
    const sampleType = SAMPLE.tid | SAMPLE.time | SAMPLE.cpu | SAMPLE.raw;
    const events = [mmio, other].map((event) => ({ ...event, sampleType, ids: [] }));
    const built = (id: number) =>
      record(9, Buffer.concat([words(pair(1, 2), 3, pair(1, 0)), raw(id, words(4))]));
    const { rows, report, rejects } = await read(
      buildFile(events, [MMIO, OTHER], [built(700), built(702), built(999)]),
    );
    expect(rows).toMatchObject([{ name: 'kvm_fast_mmio', tag: 4, tid: 2, cpu: 1 }]);
    expect(report.unused).toBe(1);
    expect(rejects.map(({ reason }) => reason)).toEqual(['sample of an event that is not in the file']);
  });

  it('takes the CPU that the event was opened on where samples carry none', async () => {
    const event = { ...mmio, sampleType: USUAL & ~SAMPLE.cpu };
    const bytes = (id: number) =>
      record(9, Buffer.concat([words(id, 0, pair(1, 2), 3, 1), raw(700, words(4))]));
    const file = buildFile([event, other], [MMIO, OTHER], [idIndex, bytes(12)]);
    expect((await read(file)).rows).toMatchObject([{ cpu: 1 }]);
    const unknown = buildFile([event, other], [MMIO, OTHER], [bytes(12)]);
    expect((await read(unknown)).rows).toMatchObject([{ cpu: 0xffff }]);
  });

  it('leaves out software events without a word, and rejects a tracepoint without its fields', async () => {
    const clock: BuiltEvent = { ...other, type: 1, config: 700 };
    const changed = formatText('kvm_fast_mmio', 700, ['somewhere_else:u64']);
    const file = buildFile(
      [clock, mmio],
      [changed],
      [sample(clock, { time: 1 }, words(0)), sample(mmio, { time: 2 }, words(0))],
    );
    const { rows, report, rejects } = await read(file);
    expect(rows).toEqual([]);
    expect(report.unused).toBe(1);
    expect(rejects.map(({ reason }) => reason)).toEqual(['tracepoint lacks the fields it is known by']);
  });
});

describe('losses', () => {
  it('reports LOST with the CPU of the record, else of the event it names', async () => {
    const withCpu = record(2, Buffer.concat([words(11, 5), trailer(mmio, 9, 3)]));
    expect((await read(buildFile([mmio], [MMIO], [withCpu]))).losses).toEqual([{ cpu: 3, count: 5, row: 0 }]);
    const noCpu = { ...mmio, sampleType: USUAL & ~SAMPLE.cpu };
    const bare = record(2, words(12, 5, pair(1, 1), 9, 11));
    expect((await read(buildFile([noCpu], [MMIO], [idIndex, bare]))).losses).toEqual([
      { cpu: 1, count: 5, row: 0 },
    ]);
  });

  it('adds of LOST_SAMPLES only what LOST did not tell, CPU by CPU', async () => {
    const lost = (cpu: number, count: number) =>
      record(2, Buffer.concat([words(11, count), trailer(mmio, 9, cpu)]));
    // perf writes these with the id of the event and CPU, and a CPU of 0.
    const total = (id: number, count: number, misc = 0) => record(13, words(count, 0, 0, 0, id), misc);
    const file = buildFile(
      [mmio, eventfd],
      [MMIO, EVENTFD],
      [
        idIndex,
        lost(0, 10),
        lost(1, 4),
        total(11, 6),
        total(21, 4),
        total(12, 3),
        total(22, 8),
        total(22, 99, 1 << 15),
      ],
    );
    const { losses } = await read(file);
    expect(losses.map(({ cpu, count }) => [cpu, count])).toEqual([
      [0, 10],
      [1, 4],
      [1, 7],
    ]);
  });

  it('reports a throttled event as a loss of unknown size, and AUX data as not read', async () => {
    const throttle = record(5, Buffer.concat([words(9, 11, 0), trailer(mmio, 9, 2)]));
    const unthrottle = record(6, Buffer.concat([words(9, 11, 0), trailer(mmio, 9, 2)]));
    const aux = record(11, Buffer.concat([words(0, 64, 1), trailer(mmio, 9, 2)]));
    const auxtrace = Buffer.concat([record(71, words(24, 0, 0, 0, 0)), words(9, 9, 9)]);
    const after = sample(mmio, { time: 1 }, words(1));
    const { losses, rejects, rows } = await read(
      buildFile([mmio], [MMIO], [throttle, unthrottle, aux, auxtrace, after]),
    );
    expect(losses).toEqual([{ cpu: 2, count: undefined, row: 0 }]);
    expect(rejects.map(({ reason }) => reason)).toEqual(
      Array(2).fill('hardware trace (AUX) data is not read'),
    );
    expect(rows.length).toBe(1);
  });
});

describe('names of threads', () => {
  const comm = (tid: number, tgid: number, name: string, time: number) =>
    record(
      3,
      Buffer.concat([words(pair(tgid, tid)), Buffer.from(name.padEnd(16, '\0')), trailer(mmio, time, 0)]),
    );
  const fork = (tid: number, parent: number) =>
    record(7, Buffer.concat([words(pair(50, 50), pair(tid, parent), 9), trailer(mmio, 9, 0)]));

  it('keeps the latest by time, not by place, and lets a new thread inherit', async () => {
    const file = buildFile(
      [mmio],
      [MMIO],
      [
        comm(51, 50, 'CPU 0/KVM', 900),
        comm(51, 50, 'qemu', 100),
        comm(50, 50, 'qemu', 0),
        fork(52, 51),
        fork(53, 50),
        ...[0, 51, 52, 53, 54, 0xffffffff].map((tid) => sample(mmio, { time: 1, tid }, words(1))),
      ],
    );
    const { tasks } = await read(file);
    expect(tasks.get(51)).toEqual({ comm: 'CPU 0/KVM', tgid: 50 });
    expect(tasks.get(52)).toEqual({ comm: 'CPU 0/KVM', tgid: 52 });
    expect(tasks.get(53)?.comm).toBe('qemu');
    expect(tasks.get(54)).toEqual({ comm: '', tgid: 54 });
    expect(tasks.get(0)?.comm).toBe('swapper');
    expect(tasks.get(0xffffffff)).toEqual({ comm: '', tgid: undefined });
  });

  it('does not go round in circles when threads are each other’s parents', async () => {
    const file = buildFile(
      [mmio],
      [MMIO],
      [fork(60, 61), fork(61, 60), sample(mmio, { time: 1, tid: 60 }, words(1))],
    );
    expect((await read(file)).tasks.get(60)?.comm).toBe('');
  });
});

describe('pipe mode', () => {
  it('reads events, formats and samples from records', async () => {
    const file = buildPipe([mmio, eventfd], [MMIO, EVENTFD], [sample(mmio, { time: 8 }, words(3))]);
    const { rows, rejects, report } = await read(file);
    expect(rejects).toEqual([]);
    expect(rows).toMatchObject([{ name: 'kvm_fast_mmio', nsec: 8, tag: 3 }]);
    expect(report).toMatchObject({ clock: 'mono', records: 4 });
  });
});

describe('compressed records', () => {
  /** A Zstandard stream of stored blocks, which perf would never end either. */
  const stored = (content: Buffer, isFirst: boolean) =>
    Buffer.concat([
      isFirst ? Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x48]) : Buffer.alloc(0),
      Buffer.from(Uint32Array.of(content.length << 3).buffer).subarray(0, 3),
      content,
    ]);
  const samples = Buffer.concat([1, 2, 3].map((time) => sample(mmio, { time }, words(time))));

  it('joins records that are cut between two pieces', async () => {
    const cut = 100;
    const pieces = [stored(samples.subarray(0, cut), true), stored(samples.subarray(cut), false)];
    // A COMPRESSED record is not padded; a COMPRESSED2 record is, and says how long it is.
    const unpadded = (piece: Buffer) => {
      const bytes = record(81, piece).subarray(0, 8 + piece.length);
      bytes.writeUInt16LE(8 + piece.length, 6);
      return bytes;
    };
    const padded = (piece: Buffer) => record(83, Buffer.concat([words(piece.length), piece]));
    for (const wrap of [unpadded, padded]) {
      const { rows, rejects } = await read(buildFile([mmio], [MMIO], pieces.map(wrap)));
      expect(rejects).toEqual([]);
      expect(rows.map(({ tag }) => tag)).toEqual([1, 2, 3]);
    }
  });

  it('reads a COMPRESSED2 record of 64 KiB, whose size does not fit its field', async () => {
    const filler = record(68, Buffer.alloc(65_400));
    const piece = stored(Buffer.concat([filler, samples.subarray(0, samples.length / 3)]), true);
    const bytes = record(
      83,
      Buffer.concat([words(piece.length), piece, Buffer.alloc(65_512 - piece.length)]),
    );
    expect(bytes.length).toBe(65_536 - 8);
    const exact = record(
      83,
      Buffer.concat([words(65_513), Buffer.concat([piece, Buffer.alloc(65_520 - piece.length)])]),
    );
    expect(exact.length).toBe(65_536);
    expect(exact.readUInt16LE(6)).toBe(0);
    const { rows } = await read(buildFile([mmio], [MMIO], [exact]));
    expect(rows.map(({ tag }) => tag)).toEqual([1]);
  });

  it('rejects a stream that expands beyond reason, and one that is damaged', async () => {
    // Each block of 131,072 bytes of 0x08 holds 63 whole records of 2,056 bytes, in four bytes.
    const block = [(131_072 << 3) | 2, 8];
    const blocks = Array.from({ length: 2_000 }, () => [
      block[0]! & 255,
      (block[0]! >> 8) & 255,
      block[0]! >> 16,
      block[1]!,
    ]).flat();
    const bomb = record(
      83,
      Buffer.concat([words(8_006), Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x48, ...blocks])]),
    );
    const { rejects, report } = await read(buildFile([mmio], [MMIO], [bomb]));
    expect(rejects.map(({ reason }) => reason)).toContain('compressed records expand beyond reason');
    expect(report.records).toBeLessThanOrEqual(2 ** 26 / 2_056);
    const damaged = record(83, Buffer.concat([words(8), words(1)]));
    expect((await read(buildFile([mmio], [MMIO], [damaged]))).rejects.map(({ reason }) => reason)).toEqual([
      'compressed records are damaged',
    ]);
  });
});
