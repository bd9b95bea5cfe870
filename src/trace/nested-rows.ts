/**
 * Events that lie within others: an assigned drive's interrupt calls VFIO's handler, to which alone its number belongs
 * (drivers/vfio/pci/vfio_pci_intrs.c: request_irq without IRQF_SHARED); the read or write of an eventfd's descriptor is one of the eventfd
 * (fs/eventfd.c). Where the outer came and the inner did not, that row is missing: a completion would look as if polling had found it.
 */
import { EVENT_KINDS, kindId } from '../../parsers/event-kinds.ts';
import type { EventTable } from './event-table.ts';
import type { Gap } from './gaps.ts';
import { LatestRows } from './latest-rows.ts';
import { NO_ROW } from './units.ts';

const NESTED = [
  { outer: 'irq_handler_entry', inner: 'vfio_msihandler', lane: 'cpu' },
  { outer: 'sys_enter_read', inner: 'eventfd_read', lane: 'tid' },
  { outer: 'sys_enter_write', inner: 'eventfd_write', lane: 'tid' },
] as const;

/** By kind, the place of what it is the outer, or the inner, of, plus one; 0 for all others. */
const byKind = (name: 'outer' | 'inner') => {
  const places = new Uint8Array(EVENT_KINDS.length);
  NESTED.forEach((each, place) => {
    places[kindId(each[name])] = place + 1;
  });
  return places;
};
const OUTER = byKind('outer');
/** For who asks of every row: 0 for a kind that lies in none. */
export const INNER = byKind('inner');

/** An interrupt or a descriptor, from the first time that the inner was seen in it. */
interface Runs {
  /** How often the inner was there, and was not. */
  full: number;
  empty: number;
  /** The same up to the last time it was there: a tracer that stops one event after the other leaves some behind it. */
  between: number;
  /** Where it was not, at most MOST_GAPS. */
  readonly gaps: Gap[];
}

/** A descriptor that was an eventfd may be a file later, which is read for hours. */
const MOST_GAPS = 10_000;

/** Share of an interrupt's runs, or a descriptor's calls, that the inner is seen in where it belongs. */
const LEAST_FULL = 0.7;
/** Descriptors of a thread are below (fs.nr_open is 2^20 unless raised). */
const DESCRIPTORS = 2 ** 20;

/** Told of all rows in order of time, says where an inner one is missing. */
export class NestedRows {
  readonly #table: EventTable;
  /** Of each kind, the latest inner row by thread or CPU. */
  readonly #latest = NESTED.map(() => new LatestRows());
  readonly #runs = NESTED.map(() => new Map<number, Runs>());

  constructor(table: EventTable) {
    this.#table = table;
  }

  /** A row of an inner kind. */
  inner(row: number): void {
    const { kind, tid, cpu } = this.#table;
    const place = INNER[kind[row]!]! - 1;
    const isOfThread = NESTED[place]!.lane === 'tid';
    this.#latest[place]!.set(isOfThread ? tid[row]! : cpu[row]!, row);
  }

  /** A pair's two rows. */
  pair(open: number, close: number): void {
    const { kind, tid, cpu, tag } = this.#table;
    const place = OUTER[kind[open]!]! - 1;
    if (place < 0) return;
    const isOfThread = NESTED[place]!.lane === 'tid';
    const latest = this.#latest[place]!.get(isOfThread ? tid[open]! : cpu[open]!);
    // Of most threads, and most machines, no inner row ever comes.
    if (latest === NO_ROW) return;
    const key = isOfThread ? tid[open]! * DESCRIPTORS + tag[open]! : tag[open]!;
    const runs = this.#runs[place]!.get(key);
    if (runs === undefined) {
      if (latest > open) this.#runs[place]!.set(key, { full: 1, empty: 0, between: 0, gaps: [] });
    } else if (latest > open) {
      runs.full++;
      runs.between = runs.empty;
    } else if (++runs.empty <= MOST_GAPS) runs.gaps.push(this.#gap(place, open, close));
  }

  /** Where an inner row is missing. */
  gaps(): readonly Gap[] {
    return this.#runs
      .flatMap((runs) => [...runs.values()])
      .filter(({ full, between }) => full >= (full + between) * LEAST_FULL)
      .flatMap(({ gaps, between }) => gaps.slice(0, between));
  }

  #gap(place: number, open: number, close: number): Gap {
    const { ts, tid, cpu } = this.#table;
    const { inner, lane } = NESTED[place]!;
    return {
      from: ts[open]!,
      to: ts[close]!,
      tid: lane === 'tid' ? tid[open]! : undefined,
      cpu: lane === 'cpu' ? cpu[open]! : undefined,
      missing: inner,
    };
  }
}
