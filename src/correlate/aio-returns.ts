/**
 * Which call of io_getevents told a task of each of its libaio requests. The kernel hands completions out in their order
 * (fs/aio.c `aio_complete`, `aio_read_events_ring`), so counting tells, until one event is lost. A call that slept for its first
 * completion proves that none was waiting before: there the count begins anew, and what did not add up since the last such
 * call is doubted.
 */

/** A call sleeps longer than one that finds a completion takes to return. */
const SLEPT_NS = 5_000;
/** Deeper queues than this are not looked back at. */
const MOST_REAPED = 1024;

/** Where the outcome goes. */
export interface Outcome {
  /** The task knows of the request after this row. */
  told(request: number, row: number): void;
  /** Nothing tells any more which call told of it. */
  doubt(request: number): void;
  /** Row of the call that asked for the request, and that which told of it. */
  askedAt(request: number): number;
  toldAt(request: number): number;
}

interface OpenCall {
  /** How many completions it waits for at least. */
  readonly least: number;
  readonly ns: number;
  /** Position among those not handed out of the first completion during the call; when that was, NaN where the call did not sleep. */
  first: number | undefined;
  firstNs: number;
}

/** The requests of one task. */
export class AioReturns {
  readonly #outcome: Outcome;
  readonly #isIncomplete: boolean;
  /** Completed and not handed out, in order; asked for and not completed. */
  readonly #done: number[] = [];
  readonly #running = new Set<number>();
  /** Handed out since the count last began. */
  #reaped: number[] = [];
  #open: OpenCall | undefined;
  /** Since the count last began an event was lost. */
  #lost = false;
  /** The task calls for its completions at all. QEMU looks into the ring itself, which nothing records. */
  #calls = false;

  /** `isIncomplete`: events are missing somewhere, so that only what a call that slept handed out is believed. */
  constructor(outcome: Outcome, isIncomplete: boolean) {
    this.#isIncomplete = isIncomplete;
    this.#outcome = outcome;
  }

  asked(request: number): void {
    this.#running.add(request);
  }

  takenBack(request: number): void {
    this.#running.delete(request);
  }

  /** `interrupts`: the interrupt that completed it came while the task ran, which did not sleep then. */
  completed(request: number, ns: number, interrupts: boolean): void {
    this.#running.delete(request);
    if (this.#open !== undefined && this.#open.first === undefined) {
      this.#open.first = this.#done.length;
      this.#open.firstNs = interrupts ? Number.NaN : ns;
    }
    this.#done.push(request);
  }

  /** The task enters any call: one that was open has lost its end. `least` is undefined for calls that hand nothing out. */
  enter(least: number | undefined, ns: number): void {
    if (this.#open !== undefined) this.#lose();
    this.#calls ||= least !== undefined;
    this.#open = least === undefined ? undefined : { least, ns, first: undefined, firstNs: Number.NaN };
  }

  /** A call hands out so many completions, the oldest first; NaN where their number was not recorded. */
  exit(events: number, row: number): void {
    this.#calls = true;
    const slept = this.#countAnew();
    this.#open = undefined;
    if (events < 0) return;
    const known = this.#done.splice(0, Number.isNaN(events) ? this.#done.length : events);
    for (const request of known) this.#outcome.told(request, row);
    const isLast = this.#done.length === 0 && this.#running.size === 0;
    if (this.#isIncomplete && !slept && !isLast) for (const request of known) this.#outcome.doubt(request);
    else this.#reaped.push(...known);
    if (!this.#lost && this.#reaped.length > 2 * MOST_REAPED) this.#reaped.splice(0, MOST_REAPED);
    const [oldest] = this.#running;
    if (!(events > known.length) || oldest === undefined) return;
    // One of those that still seem to run was handed out: who was, since it was asked for, is a guess …
    this.#since(oldest);
    // … but where this was the first call since then, and handed out all there were.
    const isFirst = this.#reaped.every((request) => this.#outcome.toldAt(request) === row);
    if (isFirst && events === known.length + this.#running.size) this.#running.clear();
    else this.#lost = true;
  }

  /** The recording ends. What never completed may have been handed out in place of others. */
  finish(): void {
    // No call told of any: that is not observed, and nothing of it can be wrong.
    if (!this.#calls) return;
    const [oldest] = this.#running;
    if (oldest !== undefined && !this.#lost) {
      this.#since(oldest);
      this.#lost = true;
    }
    // What was handed out too few times may have been another's turn.
    if (this.#lost || (this.#isIncomplete && this.#done.length > 0)) this.#doubtAll(this.#done);
  }

  /** The task asks for a request while it seems to be in a call that hands out. */
  askedWithin(): void {
    if (this.#open !== undefined) this.#lose();
    this.#open = undefined;
  }

  /** An end of a call is missing: what was handed out before is right, nothing after it. */
  #lose(): void {
    if (!this.#lost) this.#reaped = [];
    this.#lost = true;
  }

  #since(request: number): void {
    const asked = this.#outcome.askedAt(request);
    this.#reaped = this.#reaped.filter((other) => this.#outcome.toldAt(other) > asked);
  }

  /** A call that slept for one completion at least found none waiting; says whether it did. */
  #countAnew(): boolean {
    const open = this.#open;
    if (open?.first === undefined || open.least !== 1 || !(open.firstNs - open.ns >= SLEPT_NS)) return false;
    const stale = this.#done.splice(0, open.first);
    if (this.#lost || stale.length > 0) this.#doubtAll(stale);
    this.#reaped = [];
    this.#lost = false;
    return true;
  }

  #doubtAll(others: readonly number[]): void {
    for (const request of [...this.#reaped, ...others]) this.#outcome.doubt(request);
  }
}
