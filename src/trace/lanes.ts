import { EVENT_KINDS, kindId } from '../../parsers/event-kinds.ts';
import { recordedPairs } from './broken-pairs.ts';
import type { EventTable } from './event-table.ts';
import { NO_ROW } from './units.ts';

const IRQ_ENTRY = kindId('irq_handler_entry');
const IRQ_EXIT = kindId('irq_handler_exit');
/** Never stamped inside an interrupt handler; one that seems to be shows that the handler's end is missing. */
const NEVER_IN_HANDLER = EVENT_KINDS.map(({ name }) =>
  /^(sys_enter_|sys_exit_|kvm_entry$|kvm_exit$)/.test(name),
);

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
  /** CPU → thread it interrupted. */
  const inHandler = new Map<number, number>();
  const latest = new Map<number, number>();
  const before = new Int32Array(table.length).fill(NO_ROW);
  const ofThread = new Uint8Array(table.length);
  for (let row = 0; row < table.length; row++) {
    const kind = table.kind[row]!;
    const cpu = table.cpu[row]!;
    const tid = table.tid[row]!;
    const begins = marked && kind === IRQ_ENTRY;
    if (NEVER_IN_HANDLER[kind] || inHandler.get(cpu) !== tid) inHandler.delete(cpu);
    if (begins) inHandler.set(cpu, tid);
    const lane = inHandler.has(cpu) ? -2 * cpu - 2 : tid === 0 ? -2 * cpu - 1 : tid;
    before[row] = begins ? NO_ROW : (latest.get(lane) ?? NO_ROW);
    latest.set(lane, row);
    ofThread[row] = lane > 0 ? 1 : 0;
    if (kind === IRQ_EXIT) inHandler.delete(cpu);
  }
  const behind = new Int32Array(table.length).fill(NO_ROW);
  before.forEach((other, row) => {
    if (other !== NO_ROW) behind[other] = row;
  });
  return { before, behind, ofThread };
}
