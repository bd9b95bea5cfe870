/**
 * Columns of kprobes and uprobes: whatever whoever set the probe asked for, under the names that the readers of trace
 * text know. All of these fields are optional; a probe without them is still a point in time.
 */
import { DIRECTION, packRequest } from '../event-kinds.ts';
import { type ColumnPlanner, type NumberField, numberOf } from './column-source.ts';

const SECTOR_BYTES = 512;

/** An event whose tag is the first of these fields that was fetched. */
function tagged(...names: readonly string[]): ColumnPlanner {
  return (fields) => ({ tag: fields.address(...names) });
}

/** QEMU's block functions: the place as `offset` in bytes or `sector`, the length as `bytes`, where fetched. */
function transfer(direction: number): ColumnPlanner {
  return (fields) => {
    const offset = fields.address('offset');
    const sector = fields.address('sector');
    const bytes = fields.address('bytes');
    const sectorsOf = (field: NumberField, view: DataView, raw: number) =>
      Math.floor(numberOf(field, view, raw) / SECTOR_BYTES);
    return {
      tag: offset === undefined ? sector : (view, raw) => sectorsOf(offset, view, raw),
      aux: (view, raw) =>
        packRequest(bytes === undefined ? 0 : Math.max(0, sectorsOf(bytes, view, raw)), direction),
    };
  };
}

/** Planners of these events, by event name. */
export const probeColumns: Readonly<Record<string, ColumnPlanner>> = {
  eventfd_signal: tagged('id'),
  eventfd_signal_mask: tagged('id'),
  eventfd_read: tagged('id'),
  eventfd_write: tagged('id'),
  ioeventfd_write: tagged('gpa'),
  vring_interrupt: tagged('irq'),
  nvme_irq: tagged('irq'),
  virtblk_poll_ret: tagged('ret'),
  nvme_poll_ret: tagged('ret'),
  virtqueue_push: tagged('elem'),
  virtqueue_fill: tagged('elem'),
  virtio_blk_rw_complete: tagged('opaque', 'req'),
  virtio_blk_req_complete: tagged('req'),
  blk_aio_preadv: transfer(DIRECTION.read),
  blk_aio_pwritev: transfer(DIRECTION.write),
};
