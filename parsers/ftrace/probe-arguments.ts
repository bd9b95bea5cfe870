/**
 * Arguments of kprobes and uprobes: whatever whoever set the probe asked for, as name=value behind the place
 * (kernel/trace/trace_kprobe.c, trace_uprobe.c). Only the names below are looked at; all of them are optional.
 *   eventfd_signal: (eventfd_signal+0x0/0x10) ctx=0xffff88816b3eb200 id=11
 *   virtblk_poll_ret: (blk_mq_poll+0xb0/0x300 <- virtblk_poll) ret=1
 *   virtqueue_pop: (0x55d24d3aa7c0)
 */
import { ascii, startsWith } from '../byte-cursor.ts';
import { DIRECTION, packRequest } from '../event-kinds.ts';
import type { ArgumentLine, ArgumentReader } from './argument-line.ts';

const SPACE = 0x20;
const OPEN = 0x28;
const CLOSE = 0x29;
const SECTOR_BYTES = 512;

/** An event whose tag is the first of these arguments that was fetched. */
function tagged(...names: readonly string[]): ArgumentReader {
  const keys = names.map(argumentKey);
  return (line) => {
    if (line.peek() !== OPEN) return false;
    for (const key of keys) {
      line.tag = argument(line, key);
      if (!Number.isNaN(line.tag)) break;
    }
    return true;
  };
}

/** A kretprobe, with the value that the function returned. */
const returned: ArgumentReader = (line) => {
  const start = line.at;
  if (line.peek() !== OPEN) return false;
  if (skipToArgument(line, RETURN)) line.tag = line.signedNumber();
  line.at = start;
  return true;
};
const RETURN = argumentKey('ret');

/** QEMU's block functions: the place as `offset=` in bytes or `sector=`, the length as `bytes=`, where fetched. */
function transfer(direction: number): ArgumentReader {
  return (line) => {
    if (line.peek() !== OPEN) return false;
    const offset = argument(line, OFFSET);
    line.tag = Number.isNaN(offset) ? argument(line, SECTOR) : Math.floor(offset / SECTOR_BYTES);
    const bytes = argument(line, BYTES);
    line.aux = packRequest(bytes > 0 ? Math.floor(bytes / SECTOR_BYTES) : 0, direction);
    return true;
  };
}
const OFFSET = argumentKey('offset');
const SECTOR = argumentKey('sector');
const BYTES = argumentKey('bytes');

function argumentKey(name: string): Uint8Array {
  return ascii(` ${name}=`);
}

/** The value of an argument, NaN if it was not fetched. Does not move. */
function argument(line: ArgumentLine, key: Uint8Array): number {
  const start = line.at;
  if (!skipToArgument(line, key)) return Number.NaN;
  const value = line.number();
  line.at = start;
  return value;
}

/** Moves behind ` name=`, and says whether it is there. From the end, because the place comes first and is longer. */
function skipToArgument(line: ArgumentLine, key: Uint8Array): boolean {
  const { bytes, end } = line;
  // The line of a probe without arguments ends with the place.
  if (bytes[end - 1] === CLOSE && bytes[end - FAULT.length] !== FAULT[0]) return false;
  for (let at = end - 1; at > line.at; at -= 1) {
    if (bytes[at] !== SPACE || !startsWith(bytes, key, at, end)) continue;
    line.at = at + key.length;
    return true;
  }
  return false;
}
/** Printed in place of what could not be read. */
const FAULT = ascii('=(fault)');

/** Readers of these events' arguments, by event name. */
export const probeArguments: Readonly<Record<string, ArgumentReader>> = {
  eventfd_signal: tagged('id'),
  eventfd_signal_mask: tagged('id'),
  eventfd_read: tagged('id'),
  eventfd_write: tagged('id'),
  ioeventfd_write: tagged('gpa'),
  vring_interrupt: tagged('irq'),
  nvme_irq: tagged('irq'),
  virtblk_poll_ret: returned,
  nvme_poll_ret: returned,
  virtqueue_push: tagged('elem'),
  virtqueue_fill: tagged('elem'),
  virtio_blk_rw_complete: tagged('opaque', 'req'),
  virtio_blk_req_complete: tagged('req'),
  blk_aio_preadv: transfer(DIRECTION.read),
  blk_aio_pwritev: transfer(DIRECTION.write),
};
