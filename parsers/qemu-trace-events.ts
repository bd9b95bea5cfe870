/**
 * QEMU's own trace events (files `trace-events` of hw/virtio, hw/block, block and util): what of their arguments goes
 * into a row. All back-ends print the same text:
 *   virtio_blk_handle_read vdev 0x564a5cd29400 req 0x7fa28c004170 sector 142136 nsectors 8
 *   nvme_submit_command s 0x564a5c294450 q #1 cid 127             (up to 5.1: `queue 1`)
 *   nvme_rw_done s 0x564a5c294450 is_write 0 offset 0x4567000 bytes 4096 ret 0
 *   virtqueue_fill vq 0x55db9e560ea0 elem 0x7fa28c004170 len 513 idx 0
 */
import { ascii, type ByteCursor } from './byte-cursor.ts';
import { ByteTable, hashBytes, NOT_FOUND } from './byte-table.ts';
import { DIRECTION, kindByName, packRequest } from './event-kinds.ts';

/** Columns of one event, filled by a reader. */
export class QemuRow {
  tag = Number.NaN;
  aux = 0;
}

/**
 * Reads arguments into the row. The cursor stands on the blank behind the event's name. Returns false when an
 * argument is not there or not usable; the row is then not to be used.
 */
export type QemuArguments = (line: ByteCursor, row: QemuRow) => boolean;

/** One event of QEMU that iotrace uses. */
export interface QemuEvent {
  readonly kind: number;
  readonly read: QemuArguments;
}

const SECTOR_BYTES = 512;
/** NVMe command identifiers as all sources of them are stored: without a driver's generation counter. */
const CID_MASK = 0xfff;
const MAX_QUEUE = 0xffff;

const nothing: QemuArguments = () => true;

/** A pointer that identifies a request or queue: its low 48 bits. */
function pointer(name: string): QemuArguments {
  const key = ascii(` ${name} 0x`);
  return (line, row) => {
    row.tag = hexBehind(line, key);
    return row.tag >= 0;
  };
}

const QUEUE = [ascii(' q #'), ascii(' queue ')] as const;
const CID = ascii(' cid ');

/** An event of the NVMe driver's queue; the queue's number goes into aux. */
const queue: QemuArguments = (line, row) => {
  const newer = decimalBehind(line, QUEUE[0]);
  const number = newer >= 0 ? newer : decimalBehind(line, QUEUE[1]);
  row.aux = number;
  return number >= 0 && number <= MAX_QUEUE;
};

const command: QemuArguments = (line, row) => {
  const cid = decimalBehind(line, CID);
  row.tag = cid & CID_MASK;
  return cid >= 0 && cid <= 0xffff && queue(line, row);
};

const SECTOR = ascii(' sector ');
const SECTORS = ascii(' nsectors ');

function sectors(direction: number): QemuArguments {
  return (line, row) => {
    row.tag = decimalBehind(line, SECTOR);
    const count = decimalBehind(line, SECTORS);
    row.aux = packRequest(count, direction);
    return row.tag >= 0 && Number.isSafeInteger(row.tag) && count >= 0;
  };
}

const IS_WRITE = ascii(' is_write ');
const OFFSET_HEX = ascii(' offset 0x');
const OFFSET = ascii(' offset ');
const BYTES = ascii(' bytes ');

/** Byte offset and length, as sectors; a place that is not on a sector cannot be one of a block request. */
const transfer: QemuArguments = (line, row) => {
  const hex = hexBehind(line, OFFSET_HEX);
  const offset = hex >= 0 ? hex : decimalBehind(line, OFFSET);
  const bytes = decimalBehind(line, BYTES);
  const isWrite = decimalBehind(line, IS_WRITE);
  row.tag = offset / SECTOR_BYTES;
  row.aux = packRequest(bytes / SECTOR_BYTES, isWrite === 1 ? DIRECTION.write : DIRECTION.read);
  const whole = Number.isSafeInteger(row.tag) && Number.isInteger(bytes / SECTOR_BYTES);
  return whole && offset >= 0 && bytes >= 0 && (isWrite === 0 || isWrite === 1);
};

const PROGRESS = ascii(' progress ');

const progress: QemuArguments = (line, row) => {
  row.aux = decimalBehind(line, PROGRESS);
  return row.aux === 0 || row.aux === 1;
};

function decimalBehind(line: ByteCursor, key: Uint8Array): number {
  const start = line.at;
  const value = line.skipPastText(key) ? line.decimal() : -1;
  line.at = start;
  return value;
}

function hexBehind(line: ByteCursor, key: Uint8Array): number {
  const start = line.at;
  const value = line.skipPastText(key) ? line.hex() : -1;
  line.at = start;
  return value;
}

const READERS: Readonly<Record<string, QemuArguments>> = {
  virtio_queue_notify: pointer('vq'),
  virtqueue_pop: pointer('elem'),
  virtqueue_fill: pointer('elem'),
  virtqueue_flush: pointer('vq'),
  virtio_notify_irqfd: pointer('vq'),
  virtio_notify: pointer('vq'),
  virtio_blk_handle_read: sectors(DIRECTION.read),
  virtio_blk_handle_write: sectors(DIRECTION.write),
  virtio_blk_submit_multireq: nothing,
  virtio_blk_rw_complete: pointer('req'),
  virtio_blk_req_complete: pointer('req'),
  blk_co_preadv: nothing,
  bdrv_co_preadv_part: nothing,
  luring_co_submit: nothing,
  luring_process_completion: nothing,
  luring_cqe_handler: nothing,
  nvme_submit_command: command,
  nvme_kick: queue,
  nvme_process_completion: queue,
  nvme_complete_command: command,
  nvme_poll_queue: queue,
  nvme_handle_event: nothing,
  nvme_rw_done: transfer,
  run_poll_handlers_begin: nothing,
  run_poll_handlers_end: progress,
};

const EVENTS: readonly QemuEvent[] = Object.entries(READERS).map(([name, read]) => {
  const kind = kindByName(name);
  if (kind === undefined) throw new Error(`no event kind is named ${name}`);
  return { kind: kind.id, read };
});

const BY_NAME = new ByteTable(64);
for (const [index, name] of Object.keys(READERS).entries()) {
  const view = viewOf(name);
  BY_NAME.add(view, 0, view.byteLength, hashBytes(view, 0, view.byteLength), index);
}

function viewOf(name: string): DataView {
  return new DataView(Uint8Array.from(ascii(name)).buffer);
}

/** The event that QEMU calls the bytes [start, end) of `view`, undefined where iotrace has no use for it. */
export function qemuEvent(view: DataView, start: number, end: number): QemuEvent | undefined {
  const index = BY_NAME.find(view, start, end, hashBytes(view, start, end));
  return index === NOT_FOUND ? undefined : EVENTS[index];
}

/** The same for a name that is text. */
export function qemuEventByName(name: string): QemuEvent | undefined {
  return qemuEvent(viewOf(name), 0, name.length);
}
