/** Records of include/uapi/linux/blktrace_api.h (Linux 2.6.20 to 6.19): where their fields are, and what their actions mean. */
import { DIRECTION, kindId } from '../event-kinds.ts';
import { viewOf } from '../perf-data/binary.ts';

/** BLK_IO_TRACE_MAGIC, with the version in its lowest byte. */
const MAGIC = 0x65617400;
export const PLAIN_MAGIC = MAGIC | 7;

/** Where a file's records have what, in bytes; of numbers of 64 bits, the halves. */
export interface RecordLayout {
  readonly little: boolean;
  readonly magic: number;
  readonly size: number;
  readonly sequence: number;
  readonly time: Halves;
  readonly sector: Halves;
  /** Length of the request. */
  readonly bytes: number;
  /** The upper half of the action is undefined where it has none. */
  readonly action: { readonly lower: number; readonly upper: number | undefined };
  readonly pid: number;
  readonly device: number;
  readonly cpu: number;
  /** How many bytes follow the record. */
  readonly pduLength: number;
}

interface Halves {
  readonly lower: number;
  readonly upper: number;
}

/** The layout of the record that begins some bytes; undefined when none does. */
export function layoutOf(bytes: Uint8Array): RecordLayout | undefined {
  if (bytes.length < 4) return undefined;
  const view = viewOf(bytes);
  for (const little of [true, false])
    for (const layout of [version7(little), version8(little)])
      if (view.getUint32(0, little) === layout.magic) return layout;
  return undefined;
}

/** struct blk_io_trace */
function version7(little: boolean): RecordLayout {
  const last = { action: { lower: 28, upper: undefined }, pid: 32, device: 36, cpu: 40, pduLength: 46 };
  return { ...first(little), magic: PLAIN_MAGIC, size: 48, ...last };
}

/** struct blk_io_trace2 */
function version8(little: boolean): RecordLayout {
  const last = { action: halves(32, little), pid: 28, device: 40, cpu: 44, pduLength: 50 };
  return { ...first(little), magic: MAGIC | 8, size: 64, ...last };
}

/** The fields that both have in the same place. */
function first(little: boolean) {
  return { little, sequence: 4, time: halves(8, little), sector: halves(16, little), bytes: 24 };
}

function halves(at: number, little: boolean): Halves {
  return little ? { lower: at, upper: at + 4 } : { lower: at + 4, upper: at };
}

/** Categories (enum blktrace_cat) of an action's lower half. */
const CATEGORY = {
  write: 1 << 17,
  flush: 1 << 18,
  command: 1 << 25,
  note: 1 << 26,
  discard: 1 << 29,
} as const;
/** Categories of its upper half that manage zones: BLK_TC_ZONE_RESET to BLK_TC_ZONE_CLOSE. */
const ZONES = 0x3e;
/** __BLK_TA_CGROUP: what follows the record begins with the id of a cgroup. */
const OF_CGROUP = 1 << 8;
const CGROUP_BYTES = 8;
const ACTION = 0xffff & ~OF_CGROUP;
const GETRQ = 4;

/** What notes tell (enum blktrace_notify). */
export const NOTE = { process: 0, time: 1 } as const;

/** The event that an action stands for (enum blktrace_act), by its number; -1 where it has no use. */
const KINDS = Int16Array.from([
  -1,
  kindId('block_bio_queue'),
  kindId('block_bio_backmerge'),
  kindId('block_bio_frontmerge'),
  kindId('block_getrq'),
  -1,
  kindId('block_rq_requeue'),
  kindId('block_rq_issue'),
  kindId('block_rq_complete'),
  -1,
  -1,
  -1,
  kindId('block_rq_insert'),
]);

/** Whether an action is a note and no event. */
export function isNote(action: number): boolean {
  return (action & CATEGORY.note) !== 0;
}

/** What a note tells. */
export function noteOf(action: number): number {
  return action & ACTION;
}

/** Bytes behind a record that come before what it says. */
export function bytesOfCgroup(action: number): number {
  return (action & OF_CGROUP) === 0 ? 0 : CGROUP_BYTES;
}

/** The kind of row an action makes, -1 for none. */
export function kindOf(action: number): number {
  return KINDS[action & ACTION] ?? -1;
}

/** Whether `bytes` are the length of a place. Commands passed through to a device have none, but blkparse prints that of their allocation. */
export function hasPlace(action: number): boolean {
  return (action & CATEGORY.command) === 0 || (action & ACTION) === GETRQ;
}

/**
 * The direction, as the letters say that blkparse prints (fill_rwbs of blkparse_fmt.c): a flush has neither data nor the bit of a
 * write. What manages zones has that bit and writes nothing; `upper` is the upper half of the action.
 */
export function directionOf(action: number, upper: number, bytes: number): number {
  if ((action & CATEGORY.discard) !== 0) return DIRECTION.discard;
  if ((upper & ZONES) !== 0) return DIRECTION.other;
  if ((action & CATEGORY.write) !== 0) return DIRECTION.write;
  if (bytes > 0) return DIRECTION.read;
  return (action & CATEGORY.flush) !== 0 ? DIRECTION.flush : DIRECTION.other;
}
