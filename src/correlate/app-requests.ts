/**
 * Finds the application side's block requests: enters the time-ordered table of the machine the application runs on,
 * leaves one row per request with the rows of its four anchors. Nothing here looks at another machine.
 */
import { DIRECTION, requestDirection, requestSectors } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import { STEP, STEPS } from './app-steps.ts';
import { type Asker, Callers } from './callers.ts';
import { Returns } from './returns.ts';

/** Why a block request cannot be followed, decided on its own machine alone. */
export const APP_REJECTS = {
  none: 0,
  neverCompleted: 1,
  equalSectors: 2,
  /** Not a request at all: the driver gave it back, and it was issued again. Left out of the table. */
  requeued: 3,
  /** Asked for by a task that was not recorded. */
  otherTask: 4,
  /** Only the host was recorded, and no request came after it. */
  lastCycle: 5,
  /** Only the host was recorded, and another request was in flight. */
  noCycle: 6,
} as const;

/** Requests of one disk as columns of rows of the table; NO_ROW where a point was not observed. */
export interface AppRequests {
  readonly length: number;
  /** Packed device of all of them. */
  readonly device: number;
  readonly submit: Int32Array;
  readonly issue: Int32Array;
  readonly complete: Int32Array;
  readonly return: Int32Array;
  readonly reject: Uint8Array;
  /** Completions whose issue lies before the recording began. */
  readonly begunBefore: number;
}

/** Packed devices that reads and writes were issued to, the busiest first; `hits` are those to one of `sectors`. */
export function busyDevices(
  machine: Occurrences,
  sectors?: ReadonlySet<number>,
): { device: number; requests: number; hits: number }[] {
  const { aux, tag, dev } = machine.table;
  const devices = new Map<number, { device: number; requests: number; hits: number }>();
  for (const row of machine.rows('block_rq_issue')) {
    if (!isData(aux[row]!, tag[row]!)) continue;
    const device = dev[row]!;
    let known = devices.get(device);
    if (known === undefined) {
      known = { device, requests: 0, hits: 0 };
      devices.set(device, known);
    }
    known.requests++;
    if (sectors?.has(tag[row]!) === true) known.hits++;
  }
  return [...devices.values()].sort((a, b) => b.requests - a.requests);
}

/** Reads and writes of one device, in the order of their issue. */
export function followAppRequests({ table }: Occurrences, device: number): AppRequests {
  const walk = new Walk(table, device);
  for (let row = 0; row < table.length; row++) {
    const step = STEPS[table.kind[row]!]!;
    if (step !== 0) walk.step(row, step);
  }
  return walk.finish();
}

/** What becomes of a request between its issue and its completion. */
const IN_FLIGHT = ['block_rq_issue', 'block_rq_requeue', 'block_rq_complete'];

/** The same without who asked and who was told: only where each request was issued and completed is looked for. */
export function followBlockRequests(machine: Occurrences, device: number): AppRequests {
  const { table } = machine;
  const kinds = IN_FLIGHT.map((name) => machine.rows(name));
  const rows = new Uint32Array(kinds.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const kind of kinds) {
    rows.set(kind, filled);
    filled += kind.length;
  }
  rows.sort();
  const walk = new Walk(table, device);
  for (let at = 0; at < rows.length; at++) walk.step(rows[at]!, STEPS[table.kind[rows[at]!]!]!);
  return walk.finish();
}

/** Reads and writes. A tracer that did not record the direction (other) leaves only flushes to tell: they have no sector. */
function isData(aux: number, sector: number): boolean {
  const direction = requestDirection(aux);
  if (direction === DIRECTION.other) return sector > 0;
  return direction === DIRECTION.read || direction === DIRECTION.write;
}

/** With fewer requests in system calls than this share, the recording does not show who asks. */
const LEAST_ASKED = 0.2;

/** The state of one pass over a table: which calls are open, which sectors are in flight. */
class Walk {
  readonly #table: EventTable;
  readonly #device: number;
  readonly #submit: number[] = [];
  readonly #issue: number[] = [];
  readonly #complete: number[] = [];
  readonly #reject: number[] = [];
  #begunBefore = 0;
  readonly #callers: Callers;
  readonly #returns: Returns;
  /** First sector → the request in flight there. */
  readonly #inFlight = new Map<number, number>();
  /** First sector → completions to swallow because the requests there are rejected as equal. */
  readonly #equal = new Map<number, number>();
  readonly #asker: Asker[] = [];

  constructor(table: EventTable, device: number) {
    this.#table = table;
    this.#device = device;
    this.#callers = new Callers(table);
    this.#returns = new Returns(table, this.#callers);
  }

  step(row: number, step: number): void {
    if (step === STEP.issue) {
      if (this.#isOurs(row)) this.#onIssue(row);
    } else if (step === STEP.complete) {
      if (this.#isOurs(row)) this.#onComplete(row);
    } else if (step === STEP.insert) {
      if (this.#isOurs(row)) this.#callers.insert(row);
    } else if (step === STEP.merge) {
      if (this.#isOurs(row)) this.#callers.merge(row);
    } else if (step === STEP.requeue) {
      if (this.#isOurs(row)) this.#onRequeue(row);
    } else if (step === STEP.enter) this.#onEnter(row);
    else if (step === STEP.exit) this.#onExit(row);
    else if (step === STEP.submit) this.#returns.submitted(row);
    else this.#returns.posted(row);
  }

  finish(): AppRequests {
    const asked = this.#submit.filter((row) => row !== NO_ROW).length;
    for (let request = 0; request < this.#issue.length; request++) {
      if (asked >= LEAST_ASKED * this.#issue.length && this.#callers.isOther(this.#asker[request]!))
        this.#reject[request] ||= APP_REJECTS.otherTask;
      if (this.#complete[request] === NO_ROW) this.#reject[request] ||= APP_REJECTS.neverCompleted;
    }
    const kept = (rows: readonly number[]) =>
      rows.filter((_, request) => this.#reject[request] !== APP_REJECTS.requeued);
    const issue = Int32Array.from(kept(this.#issue));
    return {
      length: issue.length,
      device: this.#device,
      submit: Int32Array.from(kept(this.#submit)),
      issue,
      complete: Int32Array.from(kept(this.#complete)),
      return: Int32Array.from(kept(this.#issue.map((_, request) => this.#returns.of(request)))),
      reject: Uint8Array.from(kept(this.#reject)),
      begunBefore: this.#begunBefore,
    };
  }

  #onEnter(row: number): void {
    const tid = this.#table.tid[row]!;
    this.#returns.enter(tid);
    this.#callers.enter(tid, row);
  }

  #onExit(row: number): void {
    this.#returns.exit(row, (request) => this.#complete[request] !== NO_ROW);
    this.#callers.exit(this.#table.tid[row]!);
  }

  #onIssue(row: number): void {
    const { tag } = this.#table;
    const request = this.#issue.length;
    const asker = this.#callers.issue(row);
    this.#submit.push(asker.call);
    this.#issue.push(row);
    this.#complete.push(NO_ROW);
    this.#reject.push(APP_REJECTS.none);
    this.#asker.push(asker);
    this.#returns.issued(request, asker);
    const other = this.#inFlight.get(tag[row]!);
    if (other !== undefined) {
      this.#reject[other] = APP_REJECTS.equalSectors;
      this.#reject[request] = APP_REJECTS.equalSectors;
      this.#equal.set(tag[row]!, (this.#equal.get(tag[row]!) ?? 0) + 1);
    }
    this.#inFlight.set(tag[row]!, request);
  }

  /** The driver had no room; the request waits to be issued once more, for whom it was issued before. */
  #onRequeue(row: number): void {
    const sector = this.#table.tag[row]!;
    const request = this.#inFlight.get(sector);
    if (request === undefined || this.#reject[request] !== APP_REJECTS.none) return;
    this.#reject[request] = APP_REJECTS.requeued;
    this.#inFlight.delete(sector);
    this.#returns.takenBack(request);
    this.#callers.putBack(row, this.#asker[request]!);
  }

  /** A read or write of the disk that is followed. */
  #isOurs(row: number): boolean {
    const { dev, aux, tag } = this.#table;
    return dev[row] === this.#device && isData(aux[row]!, tag[row]!);
  }

  #onComplete(row: number): void {
    const { aux, tag } = this.#table;
    const request = this.#inFlight.get(tag[row]!);
    if (request === undefined) {
      // The bio of a flush ends as an empty write that was never issued (block/blk-flush.c).
      if (requestSectors(aux[row]!) > 0) this.#begunBefore++;
      return;
    }
    // A partial completion leaves the rest of the request in flight; its last part completes it.
    const whole = requestSectors(aux[this.#issue[request]!]!);
    if (requestSectors(aux[row]!) < whole) return;
    this.#complete[request] = row;
    const equal = this.#equal.get(tag[row]!) ?? 0;
    if (equal > 0) this.#equal.set(tag[row]!, equal - 1);
    else this.#inFlight.delete(tag[row]!);
    this.#returns.completed(request);
  }
}
