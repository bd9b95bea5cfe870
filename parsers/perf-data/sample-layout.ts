import type { EventAttribute } from './attribute.ts';

/**
 * Where the parts of a sample stand, from the beginning of its record; -1 = not recorded. The order of the parts is
 * that of PERF_RECORD_SAMPLE in include/uapi/linux/perf_event.h: everything up to `variable` has a fixed size.
 */
export interface SampleLayout {
  readonly id: number;
  readonly tid: number;
  readonly time: number;
  readonly cpu: number;
  /** Where READ, CALLCHAIN and RAW begin, of those that are recorded. */
  readonly variable: number;
  readonly read: ReadLayout | undefined;
  readonly hasCallchain: boolean;
  readonly hasRaw: boolean;
  /** RAW begins at `variable`. */
  readonly isFixed: boolean;
  /** The identification at the end of other records, from its beginning, which is `length` bytes before their end. */
  readonly trailer: {
    readonly length: number;
    readonly time: number;
    readonly cpu: number;
    readonly id: number;
  };
}

/** A READ field: bytes before its list of counters, and bytes of each counter. */
interface ReadLayout {
  readonly isGroup: boolean;
  readonly headBytes: number;
  readonly entryBytes: number;
}

/** PERF_SAMPLE_* */
const SAMPLE = {
  ip: 1 << 0,
  tid: 1 << 1,
  time: 1 << 2,
  addr: 1 << 3,
  read: 1 << 4,
  callchain: 1 << 5,
  id: 1 << 6,
  cpu: 1 << 7,
  period: 1 << 8,
  streamId: 1 << 9,
  raw: 1 << 10,
  identifier: 1 << 16,
} as const;

/** PERF_FORMAT_* */
const READ = { timeEnabled: 1, timeRunning: 2, id: 4, group: 8, lost: 16 } as const;

const RECORD_HEADER_BYTES = 8;

/** What of an event's attribute its samples' layout depends on. */
type SampleFields = Pick<EventAttribute, 'sampleType' | 'readFormat' | 'sampleIdAll'>;

/** Works out the layout of an event's samples. */
export function sampleLayout(attribute: SampleFields): SampleLayout {
  const type = attribute.sampleType;
  const order = ['identifier', 'ip', 'tid', 'time', 'addr', 'id', 'streamId', 'cpu', 'period'] as const;
  const fixed = place(type, order, RECORD_HEADER_BYTES);
  return {
    // Both say the same; IDENTIFIER has the same place in every event's samples.
    id: fixed.at.identifier ?? fixed.at.id ?? -1,
    tid: fixed.at.tid ?? -1,
    time: fixed.at.time ?? -1,
    cpu: fixed.at.cpu ?? -1,
    variable: fixed.end,
    read: type & SAMPLE.read ? readLayout(attribute.readFormat) : undefined,
    hasCallchain: (type & SAMPLE.callchain) !== 0,
    hasRaw: (type & SAMPLE.raw) !== 0,
    isFixed: (type & (SAMPLE.read | SAMPLE.callchain)) === 0,
    trailer: trailer(attribute),
  };
}

function trailer(attribute: SampleFields): SampleLayout['trailer'] {
  if (!attribute.sampleIdAll) return { length: 0, time: -1, cpu: -1, id: -1 };
  const order = ['tid', 'time', 'id', 'streamId', 'cpu', 'identifier'] as const;
  const { at, end } = place(attribute.sampleType, order, 0);
  return { length: end, time: at.time ?? -1, cpu: at.cpu ?? -1, id: at.identifier ?? at.id ?? -1 };
}

/** Every part takes eight bytes. */
function place<Part extends keyof typeof SAMPLE>(
  type: number,
  order: readonly Part[],
  start: number,
): { readonly at: { readonly [part in Part]?: number }; readonly end: number } {
  const at: { [part in Part]?: number } = {};
  let end = start;
  for (const part of order) {
    if ((type & SAMPLE[part]) === 0) continue;
    at[part] = end;
    end += 8;
  }
  return { at, end };
}

function readLayout(format: number): ReadLayout {
  const count = (mask: number) => (format & mask ? 8 : 0);
  const isGroup = (format & READ.group) !== 0;
  const times = count(READ.timeEnabled) + count(READ.timeRunning);
  const entry = 8 + count(READ.id) + count(READ.lost);
  return isGroup
    ? { isGroup, headBytes: 8 + times, entryBytes: entry }
    : { isGroup, headBytes: times + entry, entryBytes: 0 };
}

/**
 * Where the size of a sample's RAW field stands, in a record from `at` to `end`: behind READ and CALLCHAIN, whose
 * sizes are in the sample. -1 when they reach over the end.
 */
export function rawPlace(layout: SampleLayout, view: DataView, at: number, end: number): number {
  let next = at + layout.variable;
  if (layout.read?.isGroup) {
    next = skipList(view, next, end, layout.read.headBytes, layout.read.entryBytes);
  } else if (layout.read !== undefined) next += layout.read.headBytes;
  if (layout.hasCallchain && next >= 0) next = skipList(view, next, end, 8, 8);
  return next + 4 <= end ? next : -1;
}

/** Moves over a list that begins with the number of its entries. */
function skipList(view: DataView, at: number, end: number, headBytes: number, entryBytes: number): number {
  if (at + headBytes > end || view.getUint32(at + 4, true) !== 0) return -1;
  const next = at + headBytes + view.getUint32(at, true) * entryBytes;
  return next <= end ? next : -1;
}
