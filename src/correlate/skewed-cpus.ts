/**
 * CPUs of one machine whose clocks differ, found by effects that seem to come before their causes. Enters: a machine's
 * rows in order of time. Leaves: pairs of CPUs between which that happens again and again. Needs no request and no
 * relation to another machine, so that damage can be found before anything is followed.
 */
import { EVENT_KINDS, kindId } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import type { CpuPair } from '../trace/file-order.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';

/** Rows of causes and of their effects, each in order of time; the n-th cause need not have the n-th effect. */
interface Chain {
  readonly causes: Uint32Array;
  readonly effects: Uint32Array;
}

/** A cause and its effect. `alone`: no other cause since the effect before, so that only this one can explain it. */
interface Message {
  readonly cause: number;
  readonly effect: number;
  readonly alone: boolean;
}

/** The messages from one CPU to another: latencies in ns, and how many arrive early that nothing else explains. */
interface Way {
  readonly from: number;
  readonly to: number;
  readonly latencies: number[];
  impossible: number;
}

/** Pairs of CPUs whose clocks differ, and by how much at least (ns of the table). */
export function skewedCpus(machine: Occurrences, vcpuThreads: ReadonlyMap<number, number>): CpuPair[] {
  const { table } = machine;
  const ways = new Map<string, Way>();
  for (const chain of [...injections(machine, vcpuThreads), ...wakeUps(machine), ...notifications(machine)])
    addWays(ways, table, messagesOf(table, chain));
  addWays(ways, table, syncCalls(table));
  const found = new Map<string, CpuPair>();
  for (const way of ways.values()) {
    const atLeast = earliness(way);
    if (atLeast === undefined) continue;
    const cpus: [number, number] = way.from < way.to ? [way.from, way.to] : [way.to, way.from];
    const known = found.get(cpus.join());
    if (known === undefined || known.atLeast < atLeast) found.set(cpus.join(), { cpus, atLeast });
  }
  return [...found.values()];
}

/** Fewer messages that arrive before they leave than this say nothing about a pair of CPUs. */
const LEAST_EARLY = 3;
/**
 * A clock that is off moves all messages: about as many arrive a little too early as a little late. Single ones that were
 * paired with a stranger lie anywhere. So of the messages this near to the instant of leaving, this share must be early.
 */
const LEAST_SHARE = 0.2;
/** With nearly all of them early, each seems to be the effect of the cause before its own, and none is impossible. */
const NEARLY_ALL = 0.9;

/** How much too early messages arrive, but for the most extreme of them; undefined when they do not. */
function earliness({ latencies, impossible }: Way): number | undefined {
  const early = latencies.filter((ns) => ns < 0).sort((a, b) => a - b);
  if (early.length < LEAST_EARLY) return undefined;
  if (impossible < LEAST_EARLY && early.length < latencies.length * NEARLY_ALL) return undefined;
  const most = -early[Math.floor(early.length / 10)]!;
  const near = latencies.filter((ns) => Math.abs(ns) <= most).length;
  return early.length >= near * LEAST_SHARE ? most : undefined;
}

/** On one CPU an effect before its cause is a mistake of the pairing; a kind of message with more of them is not used. */
const MOST_MISTAKES = 0.005;

/** Adds messages of one kind, unless their pairing is shown to be wrong by those that stay on one CPU. */
function addWays(ways: Map<string, Way>, { ts, cpu }: EventTable, messages: readonly Message[]): void {
  const latency = ({ cause, effect }: Message) => ts[effect]! - ts[cause]!;
  const own = messages.filter(({ cause, effect }) => cpu[cause] === cpu[effect]);
  const mistakes = own.filter((message) => latency(message) < 0).length;
  if (mistakes > own.length * MOST_MISTAKES) return;
  for (const message of messages) {
    const [from, to] = [cpu[message.cause]!, cpu[message.effect]!];
    if (from === to) continue;
    const way = ways.get(`${from} ${to}`) ?? { from, to, latencies: [], impossible: 0 };
    ways.set(`${from} ${to}`, way);
    way.latencies.push(latency(message));
    if (latency(message) < 0 && message.alone) way.impossible++;
  }
}

/** Chains shorter than this tell nothing. */
const LEAST_TIMES = 20;
/** What lies farther apart than this share of the usual distance of two causes does not belong together. */
const MOST_APART = 1 / 3;

/** Causes and effects that are each other's nearest, and clearly so. */
function messagesOf({ ts }: EventTable, { causes, effects }: Chain): Message[] {
  if (Math.min(causes.length, effects.length) < LEAST_TIMES) return [];
  const nearestEffect = nearest(ts, causes, effects);
  const nearestCause = nearest(ts, effects, causes);
  const gaps = Float64Array.from(causes.subarray(1), (row, index) => ts[row]! - ts[causes[index]!]!).sort();
  const most = gaps[gaps.length >> 1]! * MOST_APART;
  const messages: Message[] = [];
  nearestEffect.forEach((position, index) => {
    if (nearestCause[position] !== index) return;
    const [cause, effect] = [causes[index]!, effects[position]!];
    if (Math.abs(ts[effect]! - ts[cause]!) > most) return;
    const causeBefore = ts[causes[index - 1] ?? cause]!;
    const effectBefore = position === 0 ? Number.NEGATIVE_INFINITY : ts[effects[position - 1]!]!;
    messages.push({ cause, effect, alone: index > 0 && causeBefore < effectBefore });
  });
  return messages;
}

/** For each of `rows` the position of the nearest of `others`, of which there is at least one. */
function nearest(ts: Float64Array, rows: Uint32Array, others: Uint32Array): Int32Array {
  let at = 0;
  return Int32Array.from(rows, (row) => {
    const distance = (position: number) => Math.abs(ts[others[position]!]! - ts[row]!);
    while (at + 1 < others.length && distance(at + 1) <= distance(at)) at++;
    return at;
  });
}

/** An interrupt accepted by a vCPU's APIC is injected when that vCPU enters the guest. */
/** A clock that is off is off from the beginning; so many rows of an event tell, and more would take long. */
const MOST_ROWS = 50_000;

function injections(machine: Occurrences, vcpuThreads: ReadonlyMap<number, number>): Chain[] {
  const { tag, dev, tid } = machine.table;
  const injected = machine.rows('kvm_inj_virq').subarray(0, MOST_ROWS);
  return [...vcpuThreads].flatMap(([vcpu, thread]) =>
    ['kvm_apic_accept_irq', 'kvm_apicv_accept_irq'].flatMap((event) => {
      const accepted = machine
        .rows(event)
        .subarray(0, MOST_ROWS)
        .filter((row) => dev[row] === vcpu);
      const vectors = new Set(accepted.map((row) => tag[row]!));
      return [...vectors].map((vector) => ({
        causes: accepted.filter((row) => tag[row] === vector),
        effects: injected.filter((row) => tid[row] === thread && tag[row] === vector),
      }));
    }),
  );
}

/** A thread that is woken runs afterwards. */
function wakeUps(machine: Occurrences): Chain[] {
  const event = ['sched_waking', 'sched_wakeup'].find((name) => machine.count(name) > 0);
  if (event === undefined) return [];
  const { tag } = machine.table;
  const woken = machine.rows(event).subarray(0, MOST_ROWS);
  const switched = machine.rows('sched_switch').subarray(0, MOST_ROWS);
  return [...new Set(woken.map((row) => tag[row]!))].map((thread) => ({
    causes: woken.filter((row) => tag[row] === thread),
    effects: switched.filter((row) => tag[row] === thread),
  }));
}

const READ = kindId('sys_enter_read');
const EVENTFD_READ = kindId('eventfd_read');

/** A descriptor is read about as often as its eventfd is signalled. */
const MOST_UNEVEN = 0.3;

/** A signalled eventfd is read afterwards. Which descriptor belongs to which eventfd is told by their rhythm. */
function notifications(machine: Occurrences): Chain[] {
  const { tag } = machine.table;
  const event = ['eventfd_signal', 'eventfd_signal_mask'].find((name) => machine.count(name) > 0);
  if (event === undefined) return [];
  const readers = readsByDescriptor(machine.table);
  const signals = machine.rows(event).subarray(0, MOST_ROWS);
  return [...new Set(signals.map((row) => tag[row]!))].flatMap((id) => {
    const causes = signals.filter((row) => tag[row] === id);
    const fitting = [...readers.values()]
      .filter(({ length }) => Math.abs(length - causes.length) <= causes.length * MOST_UNEVEN)
      .map((effects) => ({ causes, effects }));
    const best = fitting.sort(
      (a, b) => medianDistance(machine.table, a) - medianDistance(machine.table, b),
    )[0];
    return best === undefined ? [] : [best];
  });
}

/** Reads of eventfds by thread and descriptor. */
function readsByDescriptor(table: EventTable): Map<string, Uint32Array> {
  const open = new Map<number, number>();
  const reads = new Map<string, number[]>();
  for (let row = 0; row < table.length; row++) {
    const tid = table.tid[row]!;
    if (table.kind[row] === READ) open.set(tid, row);
    if (table.kind[row] !== EVENTFD_READ || !open.has(tid)) continue;
    const key = `${tid} ${table.tag[open.get(tid)!]}`;
    const known = reads.get(key);
    if (known === undefined) reads.set(key, [row]);
    else known.push(row);
    open.delete(tid);
  }
  return new Map([...reads].map(([key, rows]) => [key, Uint32Array.from(rows)]));
}

function medianDistance(table: EventTable, chain: Chain): number {
  const distances = messagesOf(table, chain).map(({ cause, effect }) =>
    Math.abs(table.ts[effect]! - table.ts[cause]!),
  );
  return distances.sort((a, b) => a - b)[distances.length >> 1] ?? Number.POSITIVE_INFINITY;
}

const ISSUE = kindId('block_rq_issue');
const COMPLETE = kindId('block_rq_complete');
const SYNC_CALLS = ['read', 'pread64', 'preadv', 'preadv2', 'write', 'pwrite64', 'pwritev', 'pwritev2'];
const SYNC_ENTERS = kindsOf('sys_enter_');
const SYNC_EXITS = kindsOf('sys_exit_');

function kindsOf(prefix: string): ReadonlySet<number> {
  return new Set(
    EVENT_KINDS.filter(({ name }) => SYNC_CALLS.some((call) => name === prefix + call)).map(({ id }) => id),
  );
}

/** A synchronous call returns after the request it waits for has completed. */
function syncCalls(table: EventTable): Message[] {
  const { kind, tid, dev, tag } = table;
  /** Thread → its open call's requests; request's place on the disk → the call that waits for it. */
  const calls = new Map<number, { exit: number; waits: string[] }>();
  const waiting = new Map<string, { exit: number }>();
  const messages: Message[] = [];
  const completed = new Map<string, number>();
  for (let row = 0; row < table.length; row++) {
    const thread = tid[row]!;
    if (SYNC_ENTERS.has(kind[row]!)) calls.set(thread, { exit: NO_ROW, waits: [] });
    else if (SYNC_EXITS.has(kind[row]!)) {
      const call = calls.get(thread);
      if (call === undefined) continue;
      call.exit = row;
      for (const place of call.waits) {
        const done = completed.get(place);
        if (done !== undefined) messages.push({ cause: done, effect: row, alone: true });
      }
      calls.delete(thread);
    } else if (kind[row] === ISSUE && calls.has(thread)) {
      const place = `${dev[row]} ${tag[row]}`;
      calls.get(thread)!.waits.push(place);
      waiting.set(place, calls.get(thread)!);
      completed.delete(place);
    } else if (kind[row] === COMPLETE) {
      const place = `${dev[row]} ${tag[row]}`;
      const call = waiting.get(place);
      if (call === undefined) continue;
      if (call.exit !== NO_ROW) messages.push({ cause: row, effect: call.exit, alone: true });
      else completed.set(place, row);
      waiting.delete(place);
    }
  }
  return messages;
}
