/**
 * Messages between the CPUs of one machine: a wake-up, an interrupt, a signalled eventfd. Enters: its rows in order of time.
 * Leaves: chains of causes and effects, and which effect belongs to which cause.
 */
import { quickselect } from 'simple-statistics';
import type { EventTable } from '../trace/event-table.ts';
import { isSingle, keysAt } from '../trace/keys.ts';
import { LatestRows } from '../trace/latest-rows.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';

/** Rows of causes and of their effects, each in order of time; the n-th cause need not have the n-th effect. */
export interface Chain {
  readonly causes: Uint32Array;
  readonly effects: Uint32Array;
}

/** Causes and their effects. `alone`: no other cause since the effect before, so that only this one can explain it. */
export interface CpuMessages {
  readonly causes: number[];
  readonly effects: number[];
  readonly alone: boolean[];
}

/** A clock that is off mostly is so from the beginning: so many rows of an event find it, and more would take long. */
export const MOST_ROWS = 50_000;

/** What chains are made of. */
const CHAINED = [
  ...['kvm_apic_accept_irq', 'kvm_apicv_accept_irq', 'kvm_inj_virq'],
  ...['sched_waking', 'sched_wakeup', 'sched_switch', 'eventfd_signal', 'eventfd_signal_mask'],
];

/** Whether no row of these events is left out: only then do their messages speak for the whole recording. */
export function seesAll(machine: Occurrences, events: readonly string[] = CHAINED): boolean {
  return events.every((event) => machine.count(event) <= MOST_ROWS);
}

/** All chains of a machine. `vcpuThreads`: vCPU → its thread; without any, interrupts are left out. */
export function messageChains(machine: Occurrences, vcpuThreads: ReadonlyMap<number, number>): Chain[] {
  return [...injections(machine, vcpuThreads), ...wakeUps(machine), ...notifications(machine)];
}

/** Chains shorter than this tell nothing. */
const LEAST_TIMES = 20;
/** What lies farther apart than this share of the usual distance of two causes does not belong together. */
const MOST_APART = 1 / 3;

/** Causes and effects that are each other's nearest, and clearly so. */
export function messagesOf({ ts }: EventTable, { causes, effects }: Chain): CpuMessages {
  const messages: CpuMessages = { causes: [], effects: [], alone: [] };
  if (Math.min(causes.length, effects.length) < LEAST_TIMES) return messages;
  const nearestEffect = nearest(ts, causes, effects);
  const nearestCause = nearest(ts, effects, causes);
  const gaps = new Float64Array(causes.length - 1);
  for (let index = 0; index < gaps.length; index++)
    gaps[index] = ts[causes[index + 1]!]! - ts[causes[index]!]!;
  const most = middleOf(gaps) * MOST_APART;
  for (let index = 0; index < causes.length; index++) {
    const position = nearestEffect[index]!;
    if (nearestCause[position] !== index) continue;
    const cause = causes[index]!;
    const effect = effects[position]!;
    if (Math.abs(ts[effect]! - ts[cause]!) > most) continue;
    const causeBefore = ts[causes[index - 1] ?? cause]!;
    const effectBefore = position === 0 ? Number.NEGATIVE_INFINITY : ts[effects[position - 1]!]!;
    messages.causes.push(cause);
    messages.effects.push(effect);
    messages.alone.push(index > 0 && causeBefore < effectBefore);
  }
  return messages;
}

/** The middle of some numbers in order; they are put in another. */
function middleOf(numbers: Float64Array): number {
  quickselect(numbers as unknown as number[], numbers.length >> 1);
  return numbers[numbers.length >> 1]!;
}

/** For each of `rows` the position of the nearest of `others`, of which there is at least one; of two the later. */
function nearest(ts: Float64Array, rows: Uint32Array, others: Uint32Array): Int32Array {
  const positions = new Int32Array(rows.length);
  let at = 0;
  let own = ts[others[0]!]!;
  for (let index = 0; index < rows.length; index++) {
    const time = ts[rows[index]!]!;
    let distance = Math.abs(own - time);
    while (at + 1 < others.length) {
      const next = ts[others[at + 1]!]!;
      const other = Math.abs(next - time);
      if (other > distance) break;
      at++;
      own = next;
      distance = other;
    }
    positions[index] = at;
  }
  return positions;
}

/** Rows apart by the value of a column, in their order, but for those without one. */
function byValue(rows: Uint32Array, column: Float64Array): ReadonlyMap<number, Uint32Array> {
  const { numbers, values } = keysAt(column, rows);
  const counts = new Uint32Array(values.length);
  for (let at = 0; at < numbers.length; at++) counts[numbers[at]!]!++;
  const parts = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (let at = 0; at < numbers.length; at++) parts[numbers[at]!]![counts[numbers[at]!]!++] = rows[at]!;
  const known = values.flatMap((value, number): [number, Uint32Array][] =>
    isSingle(value) && !Number.isNaN(value) ? [[value, parts[number]!]] : [],
  );
  return new Map(known);
}

/** What has one value is of one chain. */
function chainsOf(
  causes: ReadonlyMap<number, Uint32Array>,
  effects: ReadonlyMap<number, Uint32Array>,
): Chain[] {
  return [...causes].map(([value, own]) => ({ causes: own, effects: effects.get(value) ?? NO_ROWS }));
}

const NO_ROWS = new Uint32Array(0);

/** An interrupt accepted by a vCPU's APIC is injected when that vCPU enters the guest. */
function injections(machine: Occurrences, vcpuThreads: ReadonlyMap<number, number>): Chain[] {
  const { tag, dev, tid } = machine.table;
  const injected = machine.rows('kvm_inj_virq').subarray(0, MOST_ROWS);
  return [...vcpuThreads].flatMap(([vcpu, thread]) =>
    ['kvm_apic_accept_irq', 'kvm_apicv_accept_irq'].flatMap((event) => {
      const accepted = having(machine.rows(event).subarray(0, MOST_ROWS), dev, vcpu);
      return chainsOf(byValue(accepted, tag), byValue(having(injected, tid, thread), tag));
    }),
  );
}

/** Those of the rows that have a value. */
function having(rows: Uint32Array, column: Float64Array | Uint32Array, value: number): Uint32Array {
  const own = new Uint32Array(rows.length);
  let count = 0;
  for (let at = 0; at < rows.length; at++) if (column[rows[at]!] === value) own[count++] = rows[at]!;
  return own.subarray(0, count);
}

/** A thread that is woken runs afterwards. */
function wakeUps(machine: Occurrences): Chain[] {
  const event = ['sched_waking', 'sched_wakeup'].find((name) => machine.count(name) > 0);
  if (event === undefined) return [];
  const { tag } = machine.table;
  const woken = machine.rows(event).subarray(0, MOST_ROWS);
  const switched = machine.rows('sched_switch').subarray(0, MOST_ROWS);
  return chainsOf(byValue(woken, tag), byValue(switched, tag));
}

/** A descriptor is read about as often as its eventfd is signalled. */
const MOST_UNEVEN = 0.3;

/** A signalled eventfd is read afterwards. Which descriptor belongs to which eventfd is told by their rhythm. */
function notifications(machine: Occurrences): Chain[] {
  const { tag } = machine.table;
  const event = ['eventfd_signal', 'eventfd_signal_mask'].find((name) => machine.count(name) > 0);
  if (event === undefined) return [];
  const all = machine.rows(event);
  const signals = all.subarray(0, MOST_ROWS);
  // Reads of the same stretch of time, or no descriptor would be read as often as its eventfd is signalled.
  const readers = readsByDescriptor(machine, all[MOST_ROWS] ?? Number.POSITIVE_INFINITY);
  return [...byValue(signals, tag).values()].flatMap((causes) => {
    const fitting = readers
      .filter(({ length }) => Math.abs(length - causes.length) <= causes.length * MOST_UNEVEN)
      .map((rows) => ({ causes, effects: Uint32Array.from(rows) }))
      .map((chain) => ({ chain, distance: medianDistance(machine.table, chain) }));
    const best = fitting.sort((a, b) => a.distance - b.distance)[0];
    return best === undefined ? [] : [best.chain];
  });
}

/** Reads of eventfds before a row, by thread and descriptor. */
function readsByDescriptor(machine: Occurrences, behind: number): readonly number[][] {
  const calls = machine.of('sys_enter_read');
  const reads = machine.of('eventfd_read');
  /** Thread → its open call. */
  const open = new LatestRows();
  const known = new Map<number, Map<number, number[]>>();
  const all: number[][] = [];
  let call = 0;
  for (let at = 0; at < reads.rows.length && reads.rows[at]! < behind; at++) {
    for (; call < calls.rows.length && calls.rows[call]! < reads.rows[at]!; call++)
      open.set(calls.tid[call]!, call);
    const tid = reads.tid[at]!;
    const own = open.get(tid);
    if (own === NO_ROW) continue;
    open.set(tid, NO_ROW);
    const byDescriptor = known.get(tid) ?? new Map<number, number[]>();
    known.set(tid, byDescriptor);
    let rows = byDescriptor.get(calls.tag[own]!);
    if (rows === undefined) {
      rows = [];
      byDescriptor.set(calls.tag[own]!, rows);
      all.push(rows);
    }
    rows.push(reads.rows[at]!);
  }
  return all;
}

/** So many causes show whose rhythm they are in. */
const MOST_SHOWN = 2_000;

/** How far causes and effects mostly are from each other, as the first of them show. */
function medianDistance(table: EventTable, chain: Chain): number {
  const behind = chain.causes[MOST_SHOWN] ?? Number.POSITIVE_INFINITY;
  const shown = {
    causes: chain.causes.subarray(0, MOST_SHOWN),
    effects: chain.effects.subarray(0, countBefore(chain.effects, behind)),
  };
  const { causes, effects } = messagesOf(table, shown);
  if (causes.length === 0) return Number.POSITIVE_INFINITY;
  const distances = new Float64Array(causes.length);
  for (let at = 0; at < causes.length; at++)
    distances[at] = Math.abs(table.ts[effects[at]!]! - table.ts[causes[at]!]!);
  return middleOf(distances);
}

/** How many of ascending rows are before one. */
function countBefore(rows: Uint32Array, behind: number): number {
  let count = 0;
  while (count < rows.length && rows[count]! < behind) count++;
  return count;
}
