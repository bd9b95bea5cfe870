import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DIRECTION, packRequest } from '../../parsers/event-kinds.ts';
import { qemuTraceLog } from '../../parsers/qemu-trace-log.ts';
import { parseAll } from './row-sink.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/qemu-trace-log/${name}`, import.meta.url));
const sniff = (text: string) => qemuTraceLog.sniff(new TextEncoder().encode(text));

describe('QEMU trace log, recorded', () => {
  it('reads a request of the NVMe driver', async () => {
    const { rows, rejects, report, tasks } = await parseAll(qemuTraceLog, fixture('nvme.log'));
    expect(rejects).toEqual([]);
    expect(report).toEqual({ unit: 'ns', clock: 'realtime', roundingNs: 1000, records: 21, unused: 0 });
    expect(rows.map(({ name }) => name)).toEqual([
      'virtio_queue_notify',
      'virtio_blk_handle_read',
      'nvme_submit_command',
      'nvme_process_completion',
      'nvme_kick',
      'nvme_process_completion',
      'run_poll_handlers_begin',
      'run_poll_handlers_end',
      'nvme_handle_event',
      'nvme_poll_queue',
      'nvme_poll_queue',
      'nvme_process_completion',
      'nvme_complete_command',
      'nvme_process_completion',
      'nvme_rw_done',
      'virtio_blk_rw_complete',
      'virtio_blk_req_complete',
      'virtio_notify_irqfd',
      'run_poll_handlers_begin',
      'run_poll_handlers_end',
      'virtio_queue_notify',
    ]);
    expect([...tasks]).toEqual([[10385, { comm: '', tgid: undefined }]]);
  });

  it('puts times, keys and queues into the columns', async () => {
    const { rows } = await parseAll(qemuTraceLog, fixture('nvme.log'));
    const first = (name: string) => rows.find((row) => row.name === name);
    const request = { tag: 142136, aux: packRequest(8, DIRECTION.read), cpu: 65535, tid: 10385, dev: 0 };
    expect(first('virtio_blk_handle_read')).toMatchObject({ ...request, sec: 1795343917, nsec: 668921000 });
    expect(first('nvme_rw_done')).toMatchObject(request);
    expect(first('nvme_submit_command')).toMatchObject({ tag: 127, aux: 1 });
    expect(first('nvme_kick')).toMatchObject({ tag: Number.NaN, aux: 1 });
    expect(rows.filter(({ name }) => name === 'nvme_poll_queue').map(({ aux }) => aux)).toEqual([0, 1]);
    expect(first('virtio_blk_rw_complete')?.tag).toBe(0x7f6ad8003160);
    expect(first('virtio_notify_irqfd')?.tag).toBe(0x7f6ae6a6f010);
  });

  it('follows a request of io_uring by one pointer, and leaves out what it has no use for', async () => {
    const { rows, report, rejects } = await parseAll(qemuTraceLog, fixture('io-uring.log'));
    expect(rejects).toEqual([]);
    expect(report.records - report.unused).toBe(rows.length);
    const withPointer = rows.filter(({ tag }) => tag === 0x7fa28c004170).map(({ name }) => name);
    expect(withPointer).toEqual([
      'virtqueue_pop',
      'virtio_blk_rw_complete',
      'virtio_blk_req_complete',
      'virtqueue_fill',
    ]);
    const names = rows.map(({ name }) => name);
    expect(names).toContain('virtqueue_flush');
    expect(names.indexOf('luring_co_submit')).toBeLessThan(names.indexOf('luring_process_completion'));
  });

  it('gives the same rows for chunks of any size', async () => {
    const whole = await parseAll(qemuTraceLog, fixture('nvme.log'), 1 << 20);
    expect((await parseAll(qemuTraceLog, fixture('nvme.log'), 7)).rows).toEqual(whole.rows);
  });
});

describe('QEMU trace log, other releases (synthetic lines)', () => {
  it('reads the ISO time of 10.2, with thread 0', async () => {
    const text = [
      '2026-11-22T10:38:27.611038Z virtio_queue_notify vdev 0x1 n 0 vq 0xffff7f6ae6a6f010',
      '2026-11-22T10:38:28Z luring_cqe_handler req 0x1 ret 512',
      '',
    ].join('\n');
    const { rows, rejects } = await parseAll(qemuTraceLog, text);
    expect(rejects).toEqual([]);
    expect(rows[0]).toMatchObject({ sec: 1795343907, nsec: 611038000, tid: 0, tag: 0x7f6ae6a6f010 });
    expect(rows[1]).toMatchObject({ name: 'luring_process_completion', sec: 1795343908, nsec: 0 });
  });

  it('reads the queue as old releases print it, a decimal offset, and writes', async () => {
    const text = [
      '5@100.000001:nvme_submit_command s 0x1 queue 3 cid 4',
      '5@100.000002:nvme_rw_done s 0x1 is_write 1 offset 1024 bytes 512 ret 0',
      '5@100.000003:run_poll_handlers_end ctx 0x1 progress 1 new timeout 0\r',
      '',
    ].join('\n');
    const { rows } = await parseAll(qemuTraceLog, text);
    expect(rows[0]).toMatchObject({ aux: 3, tag: 4 });
    expect(rows[1]).toMatchObject({ tag: 2, aux: packRequest(1, DIRECTION.write) });
    expect(rows[2]?.aux).toBe(1);
  });

  it('says what is missing when lines carry no time', async () => {
    const text =
      'virtio_queue_notify vdev 0x1 n 0 vq 0x2\nvirtqueue_pop vq 0x2 elem 0x3 in_num 2 out_num 1\n';
    expect(sniff(text)).toBe(true);
    const { rows, rejects } = await parseAll(qemuTraceLog, text);
    expect(rows).toEqual([]);
    expect(rejects).toEqual([
      { reason: 'no time: QEMU was started without -msg timestamp=on', offset: 0, line: 1 },
      { reason: 'no time: QEMU was started without -msg timestamp=on', offset: 40, line: 2 },
    ]);
  });
});

describe('QEMU trace log, damaged', () => {
  it.each([
    ['5@100.000001:nvme_kick s 0x1', 'an argument is missing or out of range'],
    [
      '5@100.000001:nvme_rw_done s 0x1 is_write 0 offset 0x11 bytes 512 ret 0',
      'an argument is missing or out of range',
    ],
    [
      '5@100.000001:virtio_blk_handle_read req 0x1 sector 99999999999999999999 nsectors 8',
      'an argument is missing or out of range',
    ],
    ['5@100.01:nvme_kick s 0x1 q #1', 'not a QEMU trace line'],
    ['99999999999@100.000001:nvme_kick s 0x1 q #1', 'not a QEMU trace line'],
    ['2026-13-22T10:38:27.611038Z nvme_kick s 0x1 q #1', 'not a QEMU trace line'],
    ['2026-11-22T10:38:27.611038Z qemu-system-x86_64: warning: x', 'not a QEMU trace line'],
    ['hello <script>', 'not a QEMU trace line'],
  ])('rejects %s', async (line, reason) => {
    const { rows, rejects } = await parseAll(qemuTraceLog, `${line}\n5@100.000002:nvme_kick s 0x1 q #1\n`);
    expect(rejects).toEqual([{ reason, offset: 0, line: 1 }]);
    expect(rows).toHaveLength(1);
  });

  it('does not trust a last line without its end', async () => {
    const { rows, rejects } = await parseAll(
      qemuTraceLog,
      '5@100.000002:virtio_queue_notify vdev 0x1 n 0 vq 0x7f6a',
    );
    expect(rows).toEqual([]);
    expect(rejects[0]?.reason).toBe('the last line has no end: it may be cut');
  });

  it('recognises its own lines only', () => {
    expect(qemuTraceLog.sniff(fixture('nvme.log'))).toBe(true);
    expect(sniff('qemu-system-x86_64: warning: x\n5@100.000002:foo_bar x 1\n')).toBe(true);
    expect(sniff('1719578627277 2 12757 kvm_exit 0x400 entry=0\n')).toBe(false);
    expect(sniff('# tracer: nop\n#\n')).toBe(false);
    expect(sniff('')).toBe(false);
  });
});
