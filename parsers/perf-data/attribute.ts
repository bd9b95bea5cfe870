import type { ClockId } from '../format.ts';
import { readU64, viewOf } from './binary.ts';
import type { ByteSource } from './byte-source.ts';
import { type PerfHeader, readSection, within } from './file-header.ts';

/** What perf asked the kernel to record: the parts of struct perf_event_attr (include/uapi/linux/perf_event.h) used here. */
export interface EventAttribute {
  readonly type: number;
  /** For a tracepoint: its number, as in the `ID:` line of its format. */
  readonly config: number;
  /** PERF_SAMPLE_* bits: which fields a sample has. */
  readonly sampleType: number;
  /** PERF_FORMAT_* bits: what a READ field holds. */
  readonly readFormat: number;
  /** Records that are not samples end with the same identification as samples begin with. */
  readonly sampleIdAll: boolean;
  readonly clock: ClockId;
  /** Which of the numbers in samples stand for this event, one per CPU or thread it was opened on. */
  readonly ids: readonly number[];
}

/** Event types (enum perf_type_id). Tracepoints include kprobes and uprobes defined in tracefs. */
export const EVENT_TYPE = { tracepoint: 2 } as const;

/** Most events, and most ids of all of them together: a thousand events on a thousand CPUs, four times over. */
const MAX_ATTRIBUTES = 65_536;
const MAX_IDS = 1 << 22;

const FLAG_SAMPLE_ID_ALL = 18;
const FLAG_USE_CLOCKID = 25;
/** PERF_ATTR_SIZE_VER3, the first that has a clock id. */
const CLOCKID_BYTES = 96;

/** CLOCK_* of include/uapi/linux/time.h. perf's own clock, where none was asked for, is the kernel's sched_clock. */
const CLOCKS: Readonly<Record<number, ClockId>> = {
  0: 'realtime',
  1: 'mono',
  4: 'mono_raw',
  7: 'boot',
  11: 'tai',
};

/** The clock that a CLOCK_* number stands for. */
export function clockOfNumber(number: number): ClockId {
  return CLOCKS[number] ?? 'unknown';
}

/** Reads an attribute of `size` bytes at `at`, without its ids. Shorter ones are from older kernels. */
export function readAttribute(view: DataView, at: number, size: number): EventAttribute {
  const flags = view.getUint32(at + 40, true);
  const useClock = bit(flags, FLAG_USE_CLOCKID) && size >= CLOCKID_BYTES;
  return {
    type: view.getUint32(at, true),
    config: readU64(view, at + 8),
    sampleType: view.getUint32(at + 24, true),
    readFormat: view.getUint32(at + 32, true),
    sampleIdAll: bit(flags, FLAG_SAMPLE_ID_ALL),
    clock: useClock ? clockOfNumber(view.getInt32(at + 92, true)) : 'local',
    ids: [],
  };
}

/** All attributes of a file, in its order, or why they cannot be read. */
export function readAttributes(
  source: ByteSource,
  header: PerfHeader & { mode: 'file' },
): EventAttribute[] | string {
  const { attributes: section, attributeSize } = header;
  const count = Math.floor(section.size / attributeSize);
  if (count > MAX_ATTRIBUTES) return 'too many events';
  const attributes: EventAttribute[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const view = viewOf(source.readAt(section.offset + i * attributeSize, attributeSize));
    const attribute = readAttribute(view, 0, attributeSize - 16);
    const place = readSection(view, attributeSize - 16);
    total += place.size / 8;
    if (!within(place, source.length) || total > MAX_IDS) return 'damaged list of event ids';
    attributes.push({ ...attribute, ids: readIds(viewOf(source.readAt(place.offset, place.size)), 0) });
  }
  return attributes;
}

/** The attribute of a HEADER_ATTR record (pipe mode), `view` being the whole record; undefined when it is damaged. */
export function readAttributeRecord(view: DataView): EventAttribute | undefined {
  if (view.byteLength < 8 + 64) return undefined;
  const size = view.getUint32(12, true);
  if (size < 64 || 8 + size > view.byteLength) return undefined;
  return { ...readAttribute(view, 8, size), ids: readIds(view, 8 + size) };
}

/** The one clock of all events; 'mixed' when they disagree, which perf never does; 'unknown' when there are none. */
export function clockOf(attributes: readonly EventAttribute[]): ClockId | 'mixed' {
  const clocks = new Set(attributes.map((attribute) => attribute.clock));
  return clocks.size > 1 ? 'mixed' : (attributes[0]?.clock ?? 'unknown');
}

function readIds(view: DataView, start: number): number[] {
  const ids: number[] = [];
  for (let at = start; at + 8 <= view.byteLength; at += 8) ids.push(readU64(view, at));
  return ids;
}

function bit(flags: number, number: number): boolean {
  return ((flags >>> number) & 1) === 1;
}
