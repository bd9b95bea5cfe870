/**
 * QEMU's trace events as numbers, eight bytes each, as the `simple` back-end stores them: which argument goes where.
 * The order is that of `trace-events` in hw/virtio, hw/block, block and util of QEMU 5.2 to 10.2; what they mean in a row
 * is as in `qemu-trace-events.ts`, which reads the same events as text.
 */
import { DIRECTION, packRequest } from './event-kinds.ts';
import { readU64 } from './perf-data/binary.ts';
import { type QemuRow, qemuEventByName } from './qemu-trace-events.ts';

/** An event that iotrace uses, and what of it goes into the row. */
export interface SimpleEvent {
  readonly kind: number;
  /** How many arguments it has; undefined where none is read and releases differ. */
  readonly count: number | undefined;
  /** Reads the arguments at `at` into the row; false when one is out of range. */
  readonly read: (view: DataView, at: number, row: QemuRow) => boolean;
}

type Arguments = Omit<SimpleEvent, 'kind'>;

const SECTOR_BYTES = 512;
const CID_MASK = 0xfff;
const MAX_QUEUE = 0xffff;

/** An event of which no argument is kept. */
const nothing: Arguments = { count: undefined, read: () => true };

/** A pointer: the low 48 bits of argument `index`. */
const pointer = (count: number, index: number): Arguments => ({
  count,
  read: (view, at, row) => {
    const place = at + 8 * index;
    row.tag = view.getUint16(place + 4, true) * 2 ** 32 + view.getUint32(place, true);
    return true;
  },
});

/** (vdev, req, sector, nsectors) */
const sectors = (direction: number): Arguments => ({
  count: 4,
  read: (view, at, row) => {
    row.tag = readU64(view, at + 16);
    row.aux = packRequest(readU64(view, at + 24), direction);
    return Number.isSafeInteger(row.tag);
  },
});

/** (s, q_index, …) */
const queue = (count: number): Arguments => ({
  count,
  read: (view, at, row) => {
    row.aux = view.getUint32(at + 8, true);
    return row.aux <= MAX_QUEUE;
  },
});

/** (s, q_index, cid) */
const command: Arguments = {
  count: 3,
  read: (view, at, row) => {
    const cid = view.getUint32(at + 16, true);
    row.tag = cid & CID_MASK;
    return cid <= 0xffff && queue(3).read(view, at, row);
  },
};

/** (s, is_write, offset, bytes, ret) */
const transfer: Arguments = {
  count: 5,
  read: (view, at, row) => {
    const bytes = readU64(view, at + 24) / SECTOR_BYTES;
    row.tag = readU64(view, at + 16) / SECTOR_BYTES;
    const isWrite = view.getUint32(at + 8, true);
    row.aux = packRequest(bytes, isWrite === 1 ? DIRECTION.write : DIRECTION.read);
    return Number.isSafeInteger(row.tag) && Number.isInteger(bytes) && isWrite <= 1;
  },
};

/** (ctx, progress, timeout) */
const progress: Arguments = {
  count: 3,
  read: (view, at, row) => {
    row.aux = view.getUint32(at + 8, true);
    return row.aux <= 1;
  },
};

const ARGUMENTS: Readonly<Record<string, Arguments>> = {
  virtio_queue_notify: pointer(3, 2),
  virtqueue_pop: pointer(4, 1),
  virtqueue_fill: pointer(4, 1),
  virtqueue_flush: pointer(2, 0),
  virtio_notify_irqfd: pointer(2, 1),
  virtio_notify: pointer(2, 1),
  virtio_blk_handle_read: sectors(DIRECTION.read),
  virtio_blk_handle_write: sectors(DIRECTION.write),
  virtio_blk_submit_multireq: nothing,
  virtio_blk_rw_complete: pointer(3, 1),
  virtio_blk_req_complete: pointer(3, 1),
  blk_co_preadv: nothing,
  bdrv_co_preadv_part: nothing,
  luring_co_submit: nothing,
  luring_process_completion: nothing,
  luring_cqe_handler: nothing,
  nvme_submit_command: command,
  nvme_kick: queue(2),
  nvme_process_completion: queue(3),
  nvme_complete_command: command,
  nvme_poll_queue: queue(2),
  nvme_handle_event: nothing,
  nvme_rw_done: transfer,
  run_poll_handlers_begin: nothing,
  run_poll_handlers_end: progress,
};

/** The event of this name, undefined where iotrace has no use for it. */
export function simpleEvent(name: string): SimpleEvent | undefined {
  const event = qemuEventByName(name);
  const read = ARGUMENTS[name];
  return event === undefined || read === undefined ? undefined : { kind: event.kind, ...read };
}
