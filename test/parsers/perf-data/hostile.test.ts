/** Damaged and hostile perf.data: nothing is thrown, everything is said. Cuts of recordings, and SYNTHETIC files. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type ByteSource, collectBytes } from '../../../parsers/perf-data/byte-source.ts';
import { readPerfFacts } from '../../../parsers/perf-data/facts.ts';
import { perfData, readPerfData } from '../../../parsers/perf-data.ts';
import {
  type BuiltEvent,
  buildFile,
  buildPipe,
  formatText,
  record,
  sample,
  USUAL,
  words,
} from '../../support/build-perf-data.ts';
import { parseAll } from '../row-sink.ts';

const MMIO = formatText('kvm_fast_mmio', 700, ['gpa:u64']);
const mmio: BuiltEvent = { config: 700, sampleType: USUAL, ids: [11, 12], clock: 1 };
const good = sample(mmio, { time: 1 }, words(1));

const read = (file: Buffer) => parseAll(perfData, file, 1 << 16);
const reasons = async (file: Buffer) => [...new Set((await read(file)).rejects.map(({ reason }) => reason))];
/** A copy with one 64-bit number overwritten. */
function patched(file: Buffer, at: number, value: number | bigint): Buffer {
  const copy = Buffer.from(file);
  words(value).copy(copy, at);
  return copy;
}

describe('files that cannot be read say why', () => {
  const file = buildFile([mmio], [MMIO], [good, good, good]);

  it.each([
    [
      'big-endian',
      patched(file, 0, 0x5045524649_4c4532n),
      'recorded on a big-endian machine, which is not supported',
    ],
    ['version 1', Buffer.from('PERFFILE'.padEnd(200, '\0')), 'perf.data version 1, which is not supported'],
    ['empty', Buffer.alloc(0), 'not a perf.data file'],
    ['only a magic number', Buffer.from('PERFILE2'), 'not a perf.data file'],
    ['unknown header size', patched(file, 8, 72), 'damaged file header'],
    ['attributes of 0 bytes', patched(file, 16, 0), 'damaged file header'],
    ['attributes outside the file', patched(file, 24, 1n << 62n), 'damaged file header'],
    ['2^60 ids', patched(file, 104 + 136 + 8, 1n << 60n), 'damaged list of event ids'],
  ])('%s', async (_, damaged, reason) => {
    expect(await reasons(damaged)).toEqual([reason]);
  });

  it('a recording that perf did not end, and one that was cut', async () => {
    const dataSize = 48;
    const noFormat = 'sample of a tracepoint whose format is not in the file';
    expect(await reasons(patched(file, dataSize, 0))).toContain(
      'perf record did not end properly: descriptions at its end are missing',
    );
    const cut = 'file is cut: descriptions at its end are missing';
    expect(await reasons(file.subarray(0, -1))).toEqual([cut, noFormat]);
    const dataEnd = 104 + 152 + 16 + 3 * good.length;
    expect(await reasons(file.subarray(0, dataEnd + 8))).toEqual([cut, noFormat]);
    expect(await reasons(file.subarray(0, dataEnd - 8))).toEqual([cut, noFormat, 'last record is cut']);
  });

  it('a record of size 0 stops the reading where it is', async () => {
    const broken = Buffer.from(good);
    broken.writeUInt16LE(0, 6);
    const { rows, rejects } = await read(buildFile([mmio], [MMIO], [good, broken, good]));
    expect(rows.length).toBe(1);
    expect(rejects).toEqual([
      {
        reason: 'record with an impossible size, the rest is unreadable',
        offset: 104 + 152 + 16 + good.length,
        line: 0,
      },
    ]);
  });

  it('more than fits into memory', async () => {
    async function* endless() {
      for (;;) yield new Uint8Array(1 << 16);
    }
    expect(await collectBytes(endless(), 1 << 20)).toBeUndefined();
  });
});

describe('samples that do not hold what they say are rejected one by one', () => {
  const damage = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(good);
    change(bytes);
    return buildFile([mmio], [MMIO], [bytes, good]);
  };
  const RAW_SIZE = 8 + 48;

  it.each([
    [
      'raw data longer than the sample',
      (bytes: Buffer) => bytes.writeUInt32LE(4000, RAW_SIZE),
      'sample is shorter than its event says',
    ],
    [
      'raw data of 2^32 - 1 bytes',
      (bytes: Buffer) => bytes.writeUInt32LE(0xffffffff, RAW_SIZE),
      'sample is shorter than its event says',
    ],
    [
      'raw data shorter than the format',
      (bytes: Buffer) => bytes.writeUInt32LE(8, RAW_SIZE),
      'sample is shorter than its event says',
    ],
    [
      'CPU 70,000',
      (bytes: Buffer) => bytes.writeUInt32LE(70_000, 40),
      'field of a tracepoint has an impossible value',
    ],
    [
      'thread 2^31',
      (bytes: Buffer) => bytes.writeUInt32LE(2 ** 31, 28),
      'field of a tracepoint has an impossible value',
    ],
  ])('%s', async (_, change, reason) => {
    const { rows, rejects } = await read(damage(change));
    expect(rejects.map((reject) => reject.reason)).toEqual([reason]);
    expect(rows.length).toBe(1);
  });
});

describe('fields that do not hold what they say are rejected too', () => {
  it('text whose place is outside its record', async () => {
    const format = formatText('irq_handler_entry', 705, ['irq:s32', 'name:u32']).replace(
      'u32 name',
      '__data_loc char[] name',
    );
    const irq: BuiltEvent = { ...mmio, config: 705 };
    const built = (place: number) =>
      sample(
        irq,
        { time: 1 },
        Buffer.concat([Buffer.from(Uint32Array.of(36, place).buffer), Buffer.from('virtio2\0')]),
      );
    const inside = built((8 << 16) | 16);
    const outside = built((0xffff << 16) | 0xffff);
    const { rows, strings, rejects } = await read(buildFile([irq], [format], [inside, outside]));
    expect(rows).toMatchObject([{ tag: 36, dev: 1 }]);
    expect(strings[1]).toBe('virtio2');
    expect(rejects.map(({ reason }) => reason)).toEqual(['field of a tracepoint has an impossible value']);
  });

  it('numbers that no row can hold', async () => {
    const wakeup = formatText('kvm_vcpu_wakeup', 706, ['ns:u64', 'waited:u32']);
    const event: BuiltEvent = { ...mmio, config: 706 };
    const file = buildFile([event], [wakeup], [sample(event, { time: 1 }, words(-1, 1))]);
    expect(await reasons(file)).toEqual(['field of a tracepoint has an impossible value']);
  });

  it('short records of other types', async () => {
    const file = buildFile(
      [mmio],
      [MMIO],
      [2, 3, 5, 7, 13, 64, 66, 69, 71, 81, 83].map((type) => record(type, Buffer.alloc(0))),
    );
    expect((await read(file)).rejects.length).toBeGreaterThanOrEqual(9);
  });
});

describe('whatever is done to a file', () => {
  const packed = (name: string) =>
    gunzipSync(readFileSync(new URL(`../../fixtures/perf-data/${name}`, import.meta.url)));
  const files = [
    packed('dd-compressed.data.gz'),
    packed('dd-pipe.data.gz'),
    packed('dd-callchains.data.gz'),
    buildPipe([mmio], [MMIO], [good, good]),
  ];

  it('can be cut off anywhere', async () => {
    for (const file of files) {
      for (let length = 0; length < file.length; length += length < 400 ? 1 : 997) {
        const { rejects } = await read(file.subarray(0, length));
        expect(readPerfFacts(file.subarray(0, length))).toSatisfy(
          (facts) => facts === undefined || facts !== null,
        );
        if (length < 16) expect(rejects.length).toBe(1);
      }
    }
  });

  it('can be overwritten anywhere: no row holds what a row cannot', async () => {
    let seed = 23;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let run = 0; run < 300; run++) {
      const file = Buffer.from(files[run % files.length]!);
      for (let i = 0; i <= random(20); i++)
        file[random(2) === 0 ? random(400) : random(file.length)] = random(256);
      const { rows } = await read(file);
      readPerfFacts(file);
      const strange = rows.filter(
        ({ sec, nsec, cpu, tid, dev, tag, aux }) =>
          !(sec >= 0 && nsec >= 0 && nsec < 1e9 && cpu <= 0xffff && tid >>> 0 === tid && dev >>> 0 === dev) ||
          (aux | 0) !== aux ||
          !(Number.isNaN(tag) || Number.isSafeInteger(tag)),
      );
      expect(strange).toEqual([]);
    }
  });
});

describe('a source that reads from a file', () => {
  it('is read in windows, never as a whole', () => {
    const data = Array.from({ length: 50_000 }, () => good);
    const file = buildFile([mmio], [MMIO], data);
    let largest = 0;
    const source: ByteSource = {
      length: file.length,
      readAt(offset, length) {
        largest = Math.max(largest, length);
        return Uint8Array.from(file.subarray(offset, offset + length));
      },
    };
    let rows = 0;
    const nothing = () => {};
    readPerfData(source, {
      event: () => {
        rows += 1;
      },
      string: () => 0,
      task: nothing,
      lost: nothing,
      reject: (reason) => expect.fail(reason),
    });
    expect(rows).toBe(50_000);
    expect(file.length).toBeGreaterThan(4_000_000);
    expect(largest).toBeLessThanOrEqual(1 << 22);
  });
});
