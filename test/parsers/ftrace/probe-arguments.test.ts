/**
 * Lines marked "drawn" were written after the TP_printk of the kernel or the trace-cmd plug-in, because no recording has
 * them; all others stand in a recording.
 */
import { describe, expect, it } from 'vitest';
import { DIRECTION, packRequest } from '../../../parsers/event-kinds.ts';
import { readArguments } from './read-arguments.ts';

const NAN = Number.NaN;

describe('probes', () => {
  it.each([
    ['eventfd_signal', '(eventfd_signal+0x0/0x10) ctx=0xffff88816a6d4940 id=7', [0, 7, 0]],
    ['eventfd_read', '(eventfd_read+0x0/0x300)', [0, NAN, 0]],
    ['ioeventfd_write', '(ioeventfd_write+0x0/0x80 [kvm]) gpa=0xfebfb000 len=2', [0, 0xfebfb000, 0]],
    ['vring_interrupt', '(vring_interrupt+0x0/0xd0 [virtio_ring]) irq=25', [0, 25, 0]],
    ['nvme_irq', '(nvme_irq+0x0/0x80 [nvme]) irq=43', [0, 43, 0]],
    ['virtblk_poll_ret', '(blk_mq_poll+0xb0/0x300 <- virtblk_poll) ret=1', [0, 1, 0]],
    ['blk_aio_preadv', '(0x55a448ee51c0)', [0, NAN, packRequest(0, DIRECTION.read)]],
    ['virtqueue_push', '(0x55a448db59b0)', [0, NAN, 0]],
    ['irqfd_wakeup', '(irqfd_wakeup+0x0/0x1d0 [kvm]) wait=0xffff888141a6a808 key=0x1', [0, NAN, 0]],
    // Drawn: arguments that no recording has fetched.
    ['eventfd_signal', '(eventfd_signal+0x0/0x10) pid=9 id=(fault)', [0, NAN, 0]],
    ['eventfd_signal', '(eventfd_signal+0x0/0x10) id=7 name=(fault)', [0, 7, 0]],
    ['virtblk_poll_ret', '(blk_mq_poll+0xb0/0x300 <- virtblk_poll) ret=0xfffffffffffffff5', [0, -11, 0]],
    [
      'blk_aio_preadv',
      '(0x55a448ee51c0) offset=134066176 bytes=4096',
      [0, 261848, packRequest(8, DIRECTION.read)],
    ],
    ['blk_aio_pwritev', '(0x55a448ee51c0) sector=261848', [0, 261848, packRequest(0, DIRECTION.write)]],
  ])('reads %s %j', (event, text, columns) => {
    expect(readArguments(event, text)).toEqual(columns);
  });

  it('refuses what does not begin with the place of a probe', () => {
    expect(readArguments('eventfd_signal', 'id=7')).toBeUndefined();
  });
});
