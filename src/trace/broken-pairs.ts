/**
 * Events that come in turns: a system call is entered and left, an interrupt handler begins and ends, a guest is entered
 * and left; and what lies within a turn (`nested-rows.ts`). Where the turn is broken a row is missing. The kernel gives no
 * other reason (kernel/trace/trace_syscalls.c, kernel/irq/handle.c, arch/x86/kvm): no recording that was complete has ever broken one.
 */
import { EVENT_KINDS, kindId } from '../../parsers/event-kinds.ts';
import type { EventTable } from './event-table.ts';
import type { Gap } from './gaps.ts';
import { LatestRows } from './latest-rows.ts';
import { INNER, NestedRows } from './nested-rows.ts';
import { NO_ROW } from './units.ts';

export interface PairCheck {
  /** Rows that take part in a pair. */
  readonly rows: number;
  readonly broken: readonly Gap[];
}

interface Pair {
  readonly open: number;
  readonly close: number;
  readonly lane: 'tid' | 'cpu';
  /** Pairs of one family exclude each other: a thread is in one system call at a time. */
  readonly family: number;
}

const HANDLERS = 1;

const CALLS: readonly Pair[] = EVENT_KINDS.filter(({ name }) => name.startsWith('sys_enter_')).flatMap(
  ({ id, name }) => {
    const exit = EVENT_KINDS.find((kind) => kind.name === name.replace('enter', 'exit'));
    return exit === undefined ? [] : [{ open: id, close: exit.id, lane: 'tid' as const, family: 0 }];
  },
);
const PAIRS: readonly Pair[] = [
  ...CALLS,
  { open: kindId('irq_handler_entry'), close: kindId('irq_handler_exit'), lane: 'cpu', family: HANDLERS },
  { open: kindId('kvm_entry'), close: kindId('kvm_exit'), lane: 'tid', family: 2 },
];

/** Both halves were recorded when one has at least this share of the other's number. */
const LEAST_BALANCE = 0.7;

/** Pairs of which a recording holds both halves; a tracer may have been told to record one only. */
export function recordedPairs(table: EventTable): readonly Pair[] {
  const counts = new Uint32Array(EVENT_KINDS.length);
  for (let row = 0; row < table.length; row++) counts[table.kind[row]!]!++;
  return PAIRS.filter(({ open, close }) => {
    const [fewer, more] = [Math.min(counts[open]!, counts[close]!), Math.max(counts[open]!, counts[close]!)];
    return fewer > 0 && fewer >= more * LEAST_BALANCE;
  });
}

/** What each kind is in a pair, in arrays, because every row asks. */
class Roles {
  /** By kind: the pair's place among those recorded plus one, 0 for none; whether the kind opens it. */
  readonly place = new Uint8Array(EVENT_KINDS.length);
  readonly opens = new Uint8Array(EVENT_KINDS.length);
  /** By kind: the pair's family, and whether a thread is its lane. */
  readonly family = new Uint8Array(EVENT_KINDS.length);
  readonly ofThread = new Uint8Array(EVENT_KINDS.length);
  readonly #pairs: readonly Pair[];

  constructor(table: EventTable) {
    this.#pairs = recordedPairs(table);
    this.#pairs.forEach(({ open, close, family, lane }, at) => {
      for (const kind of [open, close]) {
        this.place[kind] = at + 1;
        this.opens[kind] = kind === open ? 1 : 0;
        this.family[kind] = family;
        this.ofThread[kind] = lane === 'tid' ? 1 : 0;
      }
    });
  }

  /** The pair of a kind that is in one. */
  pairOf(kind: number): Pair {
    return this.#pairs[this.place[kind]! - 1]!;
  }
}

/** Places in a time-ordered table where a turn is broken. */
export function brokenPairs(table: EventTable): PairCheck {
  return walkPairs(table, undefined);
}

/** Per row of a time-ordered table its other half, NO_ROW for rows without one. */
export function otherHalves(table: EventTable): Int32Array {
  const partner = new Int32Array(table.length).fill(NO_ROW);
  walkPairs(table, partner);
  return partner;
}

function walkPairs(table: EventTable, partner: Int32Array | undefined): PairCheck {
  const roles = new Roles(table);
  const { place, opens, family, ofThread } = roles;
  const { kind, ts, tid, cpu } = table;
  const handlers = new Durations();
  const turns = [0, 1, 2].map(() => new LatestRows());
  const broken: Gap[] = [];
  const nested = new NestedRows(table);
  let rows = 0;
  for (let row = 0; row < table.length; row++) {
    const own = kind[row]!;
    if (place[own] === 0) {
      if (INNER[own] !== 0) nested.inner(row);
      continue;
    }
    rows++;
    const latest = turns[family[own]!]!;
    const key = ofThread[own] === 1 ? tid[row]! : cpu[row]!;
    const before = latest.get(key);
    latest.set(key, row);
    if (before === NO_ROW) continue;
    if (!takeTurns(table, roles, before, row)) broken.push(gapBetween(table, roles, before, row));
    else if (opens[own] === 0) {
      if (partner !== undefined) {
        partner[row] = before;
        partner[before] = row;
      }
      if (family[own] === HANDLERS) handlers.add(ts[row]! - ts[before]!);
      nested.pair(before, row);
    }
  }
  const gaps = broken.map((gap) => (gap.tid === undefined ? handlers.narrow(gap) : gap));
  return { rows, broken: [...gaps, ...nested.gaps()] };
}

const IRQ_ENTRY = kindId('irq_handler_entry');

/** How long interrupt handlers take, to tell where on an idle CPU the lost edge of one can be. */
class Durations {
  readonly #all: number[] = [];

  add(duration: number): void {
    this.#all.push(duration);
  }

  /** A handler's lost beginning is not long before its end, a lost end not long behind its beginning. */
  narrow(gap: Gap): Gap {
    this.#limit ??=
      4 * (this.#all.sort((a, b) => a - b)[Math.floor(this.#all.length * 0.95)] ?? Number.POSITIVE_INFINITY);
    return gap.missing === EVENT_KINDS[IRQ_ENTRY]!.name
      ? { ...gap, from: Math.max(gap.from, gap.to - this.#limit) }
      : { ...gap, to: Math.min(gap.to, gap.from + this.#limit) };
  }

  #limit: number | undefined;
}

/** Whether two neighbouring rows of a lane can follow each other: no half lies between them. */
function takeTurns({ kind, tag }: EventTable, roles: Roles, before: number, row: number): boolean {
  const { place, opens, family } = roles;
  const first = kind[before]!;
  const second = kind[row]!;
  if (opens[second] === 1) return opens[first] === 0;
  // An interrupt's end has the number of its beginning.
  const sameObject = family[second] !== HANDLERS || tag[before] === tag[row];
  return opens[first] === 1 && place[first] === place[second] && sameObject;
}

/** Where the half is missing that must lie between two neighbouring rows of a lane. */
function gapBetween({ kind, ts, tid, cpu }: EventTable, roles: Roles, before: number, row: number): Gap {
  const second = kind[row]!;
  const isOfThread = roles.ofThread[second] === 1;
  const missing = roles.opens[second] === 1 ? roles.pairOf(kind[before]!).close : roles.pairOf(second).open;
  return {
    from: ts[before]!,
    to: ts[row]!,
    tid: isOfThread ? tid[row]! : undefined,
    cpu: isOfThread ? undefined : cpu[row]!,
    missing: EVENT_KINDS[missing]!.name,
  };
}
