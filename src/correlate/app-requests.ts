/**
 * Finds the application side's block requests: enters the time-ordered table of the machine the application runs on,
 * leaves one row per request with the rows of its anchors. Nothing here looks at another machine.
 */
import type { EventTable } from '../trace/event-table.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import { STEP, STEPS } from './app-steps.ts';
import { beyondCount } from './beyond-count.ts';
import { BlockSteps } from './block-steps.ts';
import { Callers } from './callers.ts';
import { APP_REJECTS, Flights, isData, NO_REQUEST, STRAY } from './flights.ts';
import { hiddenTurns } from './hidden-turns.ts';
import { Returns } from './returns.ts';

/** Requests of one disk as columns of rows of the table; NO_ROW where a point was not observed. */
export interface AppRequests {
  readonly length: number;
  /** Packed device of all of them. */
  readonly device: number;
  readonly submit: Int32Array;
  /** The first bio of the request, its allocation, and its way into a scheduler. */
  readonly queue: Int32Array;
  readonly getrq: Int32Array;
  readonly insert: Int32Array;
  readonly issue: Int32Array;
  readonly complete: Int32Array;
  readonly return: Int32Array;
  readonly reject: Uint8Array;
  /** Rows of completions whose issue is not in the recording: it lies before it, or was lost. */
  readonly strays: Int32Array;
}

/** Packed devices that reads and writes were issued to, the busiest first; `hits` are those to one of `sectors`. */
export function busyDevices(
  machine: Occurrences,
  sectors?: ReadonlySet<number>,
): { device: number; requests: number; hits: number }[] {
  const { aux, tag, dev } = machine.table;
  const devices = new Map<number, { device: number; requests: number; hits: number }>();
  const rows = machine.rows('block_rq_issue');
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
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

/** Reads and writes of one device, in the order of their issue. `isIncomplete`: events are missing somewhere. */
export function followAppRequests(machine: Occurrences, device: number, isIncomplete = false): AppRequests {
  const { table } = machine;
  const walk = new Walk(table, device, machine.count('block_rq_issue'), isIncomplete);
  for (let row = 0; row < table.length; row++) {
    const step = STEPS[table.kind[row]!]!;
    if (step !== 0) walk.step(row, step);
  }
  return walk.finish();
}

/** With fewer requests in system calls than this share, the recording does not show who asks. */
const LEAST_ASKED = 0.2;

/** The state of one pass over a table: which requests are in flight, who asked for them, who was told. */
class Walk {
  readonly #table: EventTable;
  readonly #isIncomplete: boolean;
  readonly #flights: Flights;
  readonly #callers: Callers;
  readonly #returns: Returns;
  readonly #blockSteps: BlockSteps;
  readonly #queue: Int32Array;
  readonly #getrq: Int32Array;
  readonly #insert: Int32Array;

  constructor(table: EventTable, device: number, most: number, isIncomplete: boolean) {
    this.#table = table;
    this.#isIncomplete = isIncomplete;
    this.#flights = new Flights(table, device, most);
    this.#callers = new Callers(table);
    this.#returns = new Returns(table, this.#callers, most, isIncomplete);
    this.#blockSteps = new BlockSteps(table);
    this.#queue = new Int32Array(most);
    this.#getrq = new Int32Array(most);
    this.#insert = new Int32Array(most);
  }

  step(row: number, step: number): void {
    if (step === STEP.enter) this.#onEnter(row);
    else if (step === STEP.exit) this.#onExit(row);
    else if (step === STEP.submit) this.#returns.submitted(row);
    else if (step === STEP.posted) this.#returns.posted(row);
    else if (!this.#flights.isOurs(row)) return;
    else if (step === STEP.issue) this.#onIssue(row);
    else if (step === STEP.complete) this.#onComplete(row);
    else if (step === STEP.queue) this.#blockSteps.queue(row);
    else if (step === STEP.getrq) this.#blockSteps.getrq(row);
    else if (step === STEP.insert) this.#onInsert(row);
    else if (step === STEP.merge) this.#onMerge(row);
    else if (step === STEP.backMerge) this.#blockSteps.merge(row);
    else if (step === STEP.frontMerge) this.#blockSteps.frontMerge(row);
    else this.#onRequeue(row);
  }

  finish(): AppRequests {
    const flights = this.#flights;
    const { length, issued, completed, reject } = flights;
    for (const request of this.#returns.finish()) reject[request] ||= APP_REJECTS.unsureReturn;
    const calls = new Int32Array(length);
    let asked = 0;
    for (let request = 0; request < length; request++) {
      calls[request] = this.#returns.asker(request).call;
      if (calls[request] !== NO_ROW) asked++;
    }
    for (let request = 0; request < length; request++) {
      if (asked >= LEAST_ASKED * length && this.#callers.isOther(this.#returns.asker(request)))
        reject[request] ||= APP_REJECTS.otherTask;
      if (completed[request] === NO_ROW) reject[request] ||= APP_REJECTS.neverCompleted;
    }
    const issue = flights.kept(issued);
    const submit = flights.kept(calls);
    const rejected = flights.kept(reject);
    const ends = {
      submit,
      issue,
      complete: flights.kept(completed),
      return: flights.kept(this.#returns.rows),
    };
    if (this.#isIncomplete) {
      const { beforeIssue, behindCompletion } = hiddenTurns(ends, this.#table);
      for (const request of [...beyondCount(submit, issue, this.#table), ...beforeIssue])
        rejected[request] ||= APP_REJECTS.unsureCall;
      for (const request of behindCompletion) rejected[request] ||= APP_REJECTS.unsureReturn;
    }
    return {
      ...ends,
      length: issue.length,
      device: flights.device,
      queue: flights.kept(this.#queue),
      getrq: flights.kept(this.#getrq),
      insert: flights.kept(this.#insert),
      reject: rejected,
      strays: Int32Array.from(flights.strays),
    };
  }

  #onEnter(row: number): void {
    const tid = this.#table.tid[row]!;
    this.#returns.enter(row);
    this.#callers.enter(tid, row);
  }

  #onExit(row: number): void {
    this.#returns.exit(row, this.#flights.completed);
    this.#callers.exit(this.#table.tid[row]!);
  }

  #onInsert(row: number): void {
    this.#callers.insert(row);
    this.#blockSteps.insert(row);
  }

  #onMerge(row: number): void {
    this.#callers.merge(row);
    this.#blockSteps.merge(row);
  }

  #onIssue(row: number): void {
    const asker = this.#callers.issue(row);
    const request = this.#flights.issue(row);
    const { queue, getrq, insert } = this.#blockSteps.issue(row);
    this.#queue[request] = queue;
    this.#getrq[request] = getrq;
    this.#insert[request] = insert;
    this.#returns.issued(request, asker);
  }

  /** It will be issued once more, for whom it was issued before. */
  #onRequeue(row: number): void {
    const request = this.#flights.requeue(row);
    if (request === NO_REQUEST) return;
    this.#returns.takenBack(request);
    this.#callers.putBack(row, this.#returns.asker(request));
    const [queue, getrq, insert] = [this.#queue[request]!, this.#getrq[request]!, this.#insert[request]!];
    this.#blockSteps.putBack(row, { queue, getrq, insert });
  }

  #onComplete(row: number): void {
    this.#blockSteps.complete(row);
    const request = this.#flights.complete(row);
    if (request === STRAY) this.#returns.strayed(row, this.#flights.completed);
    else if (request !== NO_REQUEST) this.#returns.completed(request, row);
  }
}
