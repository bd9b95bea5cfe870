/**
 * Finds the application side's block requests: enters the time-ordered table of the machine the application runs on,
 * leaves one row per request with the rows of its four anchors. Nothing here looks at another machine.
 */
import {
  DIRECTION,
  EVENT_KINDS,
  kindId,
  requestDirection,
  requestSectors,
} from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import { NO_ROW } from '../trace/units.ts';

/** Why a block request cannot be followed, decided on its own machine alone. */
export const APP_REJECTS = {
  none: 0,
  neverCompleted: 1,
  equalSectors: 2,
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

const ISSUE = kindId('block_rq_issue');
const COMPLETE = kindId('block_rq_complete');
const ASYNC_SUBMIT = kindId('io_uring_submit_req');
const ASYNC_COMPLETE = kindId('io_uring_complete');

/** System calls that carry an application's I/O; the exit kind of each is its enter kind's partner. */
const IO_CALLS = [
  'read',
  'pread64',
  'preadv',
  'preadv2',
  'write',
  'pwrite64',
  'pwritev',
  'pwritev2',
  'io_submit',
  'io_uring_enter',
  'io_getevents',
  'io_pgetevents',
];
const ENTERS = new Set(IO_CALLS.map((call) => kindId(`sys_enter_${call}`)));
const REAPING = new Set(['io_getevents', 'io_pgetevents'].map((call) => kindId(`sys_exit_${call}`)));
const EXITS = new Set(IO_CALLS.map((call) => kindId(`sys_exit_${call}`)));

/** What a kind means to the walk, 0 for most; a table, because every row of a recording is asked. */
const STEP = { issue: 1, complete: 2, enter: 3, exit: 4, submit: 5, posted: 6 } as const;
const STEPS = Uint8Array.from(EVENT_KINDS, ({ id }) => {
  if (id === ISSUE) return STEP.issue;
  if (id === COMPLETE) return STEP.complete;
  if (ENTERS.has(id)) return STEP.enter;
  if (EXITS.has(id)) return STEP.exit;
  if (id === ASYNC_SUBMIT) return STEP.submit;
  return id === ASYNC_COMPLETE ? STEP.posted : 0;
});

/** Kernel threads that issue requests for others: a scheduler's or requeue worker, a softirq. */
const WORKERS = /^(kworker|ksoftirqd)\//;

/** Packed devices that reads and writes were issued to, the busiest first; `hits` are those to one of `sectors`. */
export function busyDevices(
  table: EventTable,
  sectors?: ReadonlySet<number>,
): { device: number; requests: number; hits: number }[] {
  const devices = new Map<number, { device: number; requests: number; hits: number }>();
  for (let row = 0; row < table.length; row++) {
    if (table.kind[row] !== ISSUE || !isData(table.aux[row]!, table.tag[row]!)) continue;
    const device = table.dev[row]!;
    let known = devices.get(device);
    if (known === undefined) {
      known = { device, requests: 0, hits: 0 };
      devices.set(device, known);
    }
    known.requests++;
    if (sectors?.has(table.tag[row]!) === true) known.hits++;
  }
  return [...devices.values()].sort((a, b) => b.requests - a.requests);
}

/** Reads and writes of one device, in the order of their issue. */
export function followAppRequests(table: EventTable, device: number): AppRequests {
  const walk = new Walk(table, device);
  for (let row = 0; row < table.length; row++) {
    const step = STEPS[table.kind[row]!]!;
    if (step !== 0) walk.step(row, step);
  }
  return walk.finish();
}

/** Reads and writes. A tracer that did not record the direction (other) leaves only flushes to tell: they have no sector. */
function isData(aux: number, sector: number): boolean {
  const direction = requestDirection(aux);
  if (direction === DIRECTION.other) return sector > 0;
  return direction === DIRECTION.read || direction === DIRECTION.write;
}

/** The state of one pass over a table: which calls are open, which sectors are in flight. */
class Walk {
  readonly #table: EventTable;
  readonly #device: number;
  readonly #submit: number[] = [];
  readonly #issue: number[] = [];
  readonly #complete: number[] = [];
  readonly #return: number[] = [];
  readonly #reject: number[] = [];
  #begunBefore = 0;
  /** tid → row of its open I/O call. */
  readonly #openCall = new Map<number, number>();
  /** tid → requests whose return is the end of the open call. */
  readonly #waiting = new Map<number, number[]>();
  /** First sector → the request in flight there. */
  readonly #inFlight = new Map<number, number>();
  /** First sector → completions to swallow because the requests there are rejected as equal. */
  readonly #equal = new Map<number, number>();
  /** io_uring request pointer → the request submitted under it; tid → pointer of its latest, not yet issued, submission. */
  readonly #byPointer = new Map<number, number>();
  readonly #nextPointer = new Map<number, number>();
  /** Request → the row of its io_uring completion. */
  readonly #posted = new Map<number, number>();
  /** tid → requests that completed after their submitting call had returned, and wait to be reaped by another call. */
  readonly #unreaped = new Map<number, number[]>();
  readonly #submitter: number[] = [];

  constructor(table: EventTable, device: number) {
    this.#table = table;
    this.#device = device;
  }

  step(row: number, step: number): void {
    if (step === STEP.issue) this.#onIssue(row);
    else if (step === STEP.complete) this.#onComplete(row);
    else if (step === STEP.enter) this.#onEnter(row);
    else if (step === STEP.exit) this.#onExit(row);
    else if (step === STEP.submit) this.#nextPointer.set(this.#table.tid[row]!, this.#table.tag[row]!);
    else this.#onPosted(row);
  }

  finish(): AppRequests {
    for (let request = 0; request < this.#issue.length; request++) {
      if (this.#complete[request] === NO_ROW) this.#reject[request] ||= APP_REJECTS.neverCompleted;
      // Reaped from the ring without a call: the posted completion is the last thing the kernel knows of it.
      if (this.#return[request] === NO_ROW) this.#return[request] = this.#posted.get(request) ?? NO_ROW;
    }
    return {
      length: this.#issue.length,
      device: this.#device,
      submit: Int32Array.from(this.#submit),
      issue: Int32Array.from(this.#issue),
      complete: Int32Array.from(this.#complete),
      return: Int32Array.from(this.#return),
      reject: Uint8Array.from(this.#reject),
      begunBefore: this.#begunBefore,
    };
  }

  #onEnter(row: number): void {
    const tid = this.#table.tid[row]!;
    // An enter while a call is open means that call's exit was lost: nothing that waited for it has a known end.
    this.#waiting.delete(tid);
    this.#openCall.set(tid, row);
  }

  #onExit(row: number): void {
    const tid = this.#table.tid[row]!;
    const waiting = this.#waiting.get(tid);
    if (waiting !== undefined) {
      for (const request of waiting) if (this.#complete[request] !== NO_ROW) this.#return[request] = row;
      this.#waiting.delete(tid);
    }
    const reaped = REAPING.has(this.#table.kind[row]!) ? this.#unreaped.get(tid) : undefined;
    if (reaped !== undefined) {
      for (const request of reaped) if (this.#return[request] === NO_ROW) this.#return[request] = row;
      this.#unreaped.delete(tid);
    }
    this.#openCall.delete(tid);
  }

  #onPosted(row: number): void {
    const pointer = this.#table.tag[row]!;
    const request = this.#byPointer.get(pointer);
    if (request === undefined) return;
    this.#posted.set(request, row);
    this.#byPointer.delete(pointer);
  }

  #onIssue(row: number): void {
    const { dev, aux, tag, tid } = this.#table;
    if (dev[row] !== this.#device || !isData(aux[row]!, tag[row]!)) return;
    const request = this.#issue.length;
    const caller = this.#caller(tid[row]!);
    this.#submit.push(caller === undefined ? NO_ROW : this.#openCall.get(caller)!);
    this.#issue.push(row);
    this.#complete.push(NO_ROW);
    this.#return.push(NO_ROW);
    this.#reject.push(APP_REJECTS.none);
    this.#submitter.push(caller ?? 0);
    if (caller !== undefined) this.#expectReturn(caller, request);
    const other = this.#inFlight.get(tag[row]!);
    if (other !== undefined) {
      this.#reject[other] = APP_REJECTS.equalSectors;
      this.#reject[request] = APP_REJECTS.equalSectors;
      this.#equal.set(tag[row]!, (this.#equal.get(tag[row]!) ?? 0) + 1);
    }
    this.#inFlight.set(tag[row]!, request);
  }

  #expectReturn(caller: number, request: number): void {
    const waiting = this.#waiting.get(caller);
    if (waiting === undefined) this.#waiting.set(caller, [request]);
    else waiting.push(request);
    const pointer = this.#nextPointer.get(caller);
    if (pointer === undefined) return;
    this.#byPointer.set(pointer, request);
    this.#nextPointer.delete(caller);
  }

  /** The task whose call this request serves: the issuing task, or the only one in a call when a worker issues. */
  #caller(tid: number): number | undefined {
    if (this.#openCall.has(tid)) return tid;
    const isWorker = WORKERS.test(this.#table.tasks.get(tid)?.comm ?? '');
    if (!isWorker || this.#openCall.size !== 1) return undefined;
    return this.#openCall.keys().next().value;
  }

  #onComplete(row: number): void {
    const { dev, aux, tag } = this.#table;
    if (dev[row] !== this.#device || !isData(aux[row]!, tag[row]!)) return;
    const request = this.#inFlight.get(tag[row]!);
    if (request === undefined) {
      this.#begunBefore++;
      return;
    }
    // A partial completion leaves the rest of the request in flight; its last part completes it.
    const whole = requestSectors(this.#table.aux[this.#issue[request]!]!);
    if (requestSectors(aux[row]!) < whole) return;
    this.#complete[request] = row;
    const equal = this.#equal.get(tag[row]!) ?? 0;
    if (equal > 0) this.#equal.set(tag[row]!, equal - 1);
    else this.#inFlight.delete(tag[row]!);
    const submitter = this.#submitter[request]!;
    const open = this.#openCall.get(submitter);
    if (submitter === 0 || open === this.#submit[request]) return;
    // The submitting call has returned. A task inside another call learns of the completion when that one returns.
    if (open !== undefined) {
      const waiting = this.#waiting.get(submitter);
      if (waiting === undefined) this.#waiting.set(submitter, [request]);
      else waiting.push(request);
      return;
    }
    const unreaped = this.#unreaped.get(submitter);
    if (unreaped === undefined) this.#unreaped.set(submitter, [request]);
    else unreaped.push(request);
  }
}
