import { EVENT_KINDS, kindId } from '../../parsers/event-kinds.ts';
import { recordedPairs } from './broken-pairs.ts';
import type { EventTable } from './event-table.ts';
import { LatestRows } from './latest-rows.ts';
import { NO_ROW } from './units.ts';

const IRQ_ENTRY = kindId('irq_handler_entry');
const IRQ_EXIT = kindId('irq_handler_exit');
/** Never stamped inside an interrupt handler; one that seems to be shows that the handler's end is missing. */
const NEVER_IN_HANDLER = EVENT_KINDS.map(({ name }) =>
  /^(sys_enter_|sys_exit_|kvm_entry$|kvm_exit$)/.test(name),
);

/** CPU numbers are 16 bits wide in a table. */
const MOST_CPUS = 1 << 16;

/** What runs one after the other: a thread, the interrupts of a CPU, an idle CPU. */
export interface Lanes {
  /** The row before each row in its lane, NO_ROW for the first, and for the first of each run of a handler. */
  readonly before: Int32Array;
  /** The other way round. */
  readonly behind: Int32Array;
  /** 1 for rows of a thread; other lanes belong to the row's CPU. */
  readonly ofThread: Uint8Array;
}

/**
 * Sorts the rows of a time-ordered table into lanes. Interrupts carry the number of whatever thread they interrupted, and
 * all idle CPUs have thread 0.
 */
export function findLanes(table: EventTable): Lanes {
  const marked = recordedPairs(table).some(({ open }) => open === IRQ_ENTRY);
  /** CPU → thread it interrupted plus one, 0 outside of handlers. */
  const inHandler = new Float64Array(MOST_CPUS);
  /** Threads; then CPUs, twice the number for their idle task and one more for their handlers. */
  const ofThreads = new LatestRows();
  const ofCpus = new LatestRows();
  const before = new Int32Array(table.length).fill(NO_ROW);
  const ofThread = new Uint8Array(table.length);
  for (let row = 0; row < table.length; row++) {
    const kind = table.kind[row]!;
    const cpu = table.cpu[row]!;
    const tid = table.tid[row]!;
    const begins = marked && kind === IRQ_ENTRY;
    if (NEVER_IN_HANDLER[kind] || inHandler[cpu] !== tid + 1) inHandler[cpu] = 0;
    if (begins) inHandler[cpu] = tid + 1;
    const isHandler = inHandler[cpu] !== 0;
    const isThread = !isHandler && tid > 0;
    const latest = isThread ? ofThreads : ofCpus;
    const lane = isThread ? tid : isHandler ? 2 * cpu + 1 : 2 * cpu;
    if (!begins) before[row] = latest.get(lane);
    latest.set(lane, row);
    ofThread[row] = isThread ? 1 : 0;
    if (kind === IRQ_EXIT) inHandler[cpu] = 0;
  }
  const behind = new Int32Array(table.length).fill(NO_ROW);
  for (let row = 0; row < before.length; row++) if (before[row] !== NO_ROW) behind[before[row]!] = row;
  return { before, behind, ofThread };
}
