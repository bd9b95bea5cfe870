import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DIRECTION, packRequest } from '../../parsers/event-kinds.ts';
import { qemuSimpleTrace } from '../../parsers/qemu-simple-trace.ts';
import { parseAll } from './row-sink.ts';

const fixture = (file: string) =>
  gunzipSync(readFileSync(new URL(`../fixtures/qemu-simple-trace/${file}.simple.gz`, import.meta.url)));
const FILE = fixture('qemu-io');

const u64 = (...values: (number | bigint)[]) =>
  Buffer.from(BigUint64Array.from(values, (value) => BigInt(value)).buffer);
const u32 = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
const HEAD = u64(2n ** 64n - 1n, 0xf2b177cb0aa429b4n, 4);
const name = (id: number, text: string) => Buffer.concat([u64(0, id), u32(text.length), Buffer.from(text)]);
const event = (id: number | bigint, ns: number | bigint, ...args: (number | bigint)[]) =>
  Buffer.concat([u64(1, id, ns), u32(24 + 8 * args.length, 77), u64(...args)]);
const read = (...parts: Buffer[]) => parseAll(qemuSimpleTrace, Buffer.concat([HEAD, ...parts]));

describe('QEMU simple trace, recorded', () => {
  it('reads the events of three reads, in whole nanoseconds of CLOCK_MONOTONIC', async () => {
    const { rows, rejects, losses, report } = await parseAll(qemuSimpleTrace, FILE, FILE.length);
    expect([rejects, losses]).toEqual([[], []]);
    expect(report).toEqual({ unit: 'ns', roundingNs: 0, clock: 'mono', records: 25, unused: 16 });
    // Two drivers below the block layer: raw and file.
    expect(rows.map((row) => row.name)).toEqual(
      Array(3).fill(['blk_co_preadv', 'bdrv_co_preadv_part', 'bdrv_co_preadv_part']).flat(),
    );
    expect(rows[0]).toMatchObject({ sec: 1040, nsec: 648_162_309, cpu: 65_535, tid: 0 });
  });

  it('follows 40 reads of a guest by one pointer, from the ring back to the ring', async () => {
    const { rows, rejects } = await parseAll(qemuSimpleTrace, fixture('boot-sector'), 1000);
    expect(rejects).toEqual([]);
    const reads = rows.filter(
      ({ name, aux }) => name === 'virtio_blk_handle_read' && aux === packRequest(8, DIRECTION.read),
    );
    expect(reads.map(({ tag }) => tag)).toEqual(Array.from({ length: 40 }, (_, n) => 8 + 8 * n));
    const pops = rows.flatMap(({ name }, at) => (name === 'virtqueue_pop' ? [at] : [])).slice(-40);
    for (const at of pops) {
      const pointer = rows[at]!.tag;
      const later = rows.slice(at).filter(({ tag }) => tag === pointer);
      expect(later.slice(0, 4).map(({ name }) => name)).toEqual([
        'virtqueue_pop',
        'virtio_blk_rw_complete',
        'virtio_blk_req_complete',
        'virtqueue_fill',
      ]);
    }
  });

  it('gives the same rows for chunks of any size, and says when the file is cut', async () => {
    const whole = await parseAll(qemuSimpleTrace, FILE, FILE.length);
    expect((await parseAll(qemuSimpleTrace, FILE, 7)).rows).toEqual(whole.rows);
    const cut = await parseAll(qemuSimpleTrace, FILE.subarray(0, FILE.length - 3));
    expect(cut.rejects).toMatchObject([{ reason: 'the last record is cut' }]);
    expect(qemuSimpleTrace.sniff(FILE)).toBe(true);
  });
});

describe('QEMU simple trace, drawn by trace-events of QEMU 7.2', () => {
  it('puts pointers, places and numbers of the arguments into the columns', async () => {
    const names = [
      'virtio_queue_notify',
      'virtqueue_pop',
      'virtio_blk_handle_read',
      'nvme_submit_command',
      'nvme_rw_done',
      'run_poll_handlers_end',
      'virtio_notify_irqfd',
      'luring_co_submit',
    ];
    const queue = 0xffff_7f6a_e6a6_f010n;
    const { rows, rejects } = await read(
      ...names.map((text, id) => name(id, text)),
      event(0, 5_000_000_001, 1, 0, queue),
      event(1, 5_000_000_002, 1, 0x7f6ad8003160, 2, 1),
      event(2, 5_000_000_003, 1, 0x7f6ad8003160, 142_136, 8),
      event(3, 5_000_000_004, 1, 1, 0x107f),
      event(4, 5_000_000_005, 1, 0, 142_136 * 512, 4096, 0),
      event(5, 5_000_000_006, 1, 1, 4000),
      event(6, 2n ** 53n + 1n, 1, queue),
      event(7, 9, 1, 2, 3, 4, 5, 6),
      event(7, 10, 1, 2, 3, 4, 5, 6, 7),
    );
    expect(rejects).toEqual([]);
    const request = packRequest(8, DIRECTION.read);
    expect(rows.map(({ tag, aux }) => [tag, aux])).toEqual([
      [0x7f6ae6a6f010, 0],
      [0x7f6ad8003160, 0],
      [142_136, request],
      [0x7f, 1],
      [142_136, request],
      [Number.NaN, 1],
      [0x7f6ae6a6f010, 0],
      [Number.NaN, 0],
      [Number.NaN, 0],
    ]);
    expect(rows[6]).toMatchObject({ sec: 9_007_199, nsec: 254_740_993 });
  });

  it('counts events that QEMU dropped, in their place', async () => {
    const { losses, rows } = await read(
      name(1, 'virtqueue_flush'),
      event(1, 5, 1, 1),
      event(2n ** 64n - 2n, 6, 12),
      event(1, 7, 1, 1),
    );
    expect(losses).toEqual([{ cpu: -1, count: 12, row: 1 }]);
    expect(rows).toHaveLength(2);
  });
});

describe('QEMU simple trace, damaged', () => {
  it.each([
    ['a version of the format other than 4', [Buffer.concat([HEAD.subarray(0, 16), u64(3)])]],
    ['an event whose name is not in the file', [HEAD, event(4, 1, 1)]],
    [
      'arguments other than those the event is known by, or out of range',
      [HEAD, name(1, 'nvme_kick'), event(1, 1, 1)],
    ],
    ['a record of an impossible kind or length, the rest is unreadable', [HEAD, u64(2, 0, 0, 0)]],
    ['a record of an impossible kind or length, the rest is unreadable', [HEAD, u64(1, 0, 0), u32(5, 0)]],
    [
      'a record of an impossible kind or length, the rest is unreadable',
      [HEAD, u64(0, 0), u32(1 << 30), u64(0, 0)],
    ],
  ])('%s', async (reason, parts) => {
    const { rejects, rows } = await parseAll(qemuSimpleTrace, Buffer.concat(parts));
    expect(rejects.map((reject) => reject.reason)).toEqual([reason]);
    expect(rows).toEqual([]);
  });
});
