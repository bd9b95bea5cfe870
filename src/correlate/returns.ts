/**
 * When the task that asked for a request learns that it is done, which depends on how it asked. Enters: rows in order of
 * time, and what the walk made of them. Leaves: per request the row after which its task can know of the completion.
 *
 * A synchronous call returns. Of libaio's requests a task learns by io_getevents alone, in the order of their completion
 * (fs/aio.c `aio_complete`, `aio_read_events_ring`), of io_uring's when the call it is in returns after the completion
 * was posted, and without any call as soon as it is posted (io_uring/io_uring.c).
 */
import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import { NO_ROW } from '../trace/units.ts';
import { REAPING } from './app-steps.ts';
import type { Asker, Callers } from './callers.ts';

/** How a task asked. */
type Manner = 'call' | 'aio' | 'uring';

const MANNERS: readonly Manner[] = EVENT_KINDS.map(({ name }) =>
  name === 'sys_enter_io_submit' ? 'aio' : name === 'sys_enter_io_uring_enter' ? 'uring' : 'call',
);

/** What is known of one task's requests. */
interface TaskState {
  /** Known when the open call returns. */
  readonly atExit: number[];
  /** libaio: completed, and not reaped yet, in order; asked for, and not completed. */
  readonly done: number[];
  readonly running: Set<number>;
  /** libaio: what the latest calls reaped. */
  readonly reaped: number[];
  /** io_uring: request structures submitted, whose block request was not issued yet. */
  readonly pointers: number[];
  /** io_uring: this task's submissions are in the trace. */
  hasPointers: boolean;
}

export class Returns {
  readonly #table: EventTable;
  readonly #callers: Callers;
  readonly #row: number[] = [];
  readonly #asker: Asker[] = [];
  readonly #tasks = new Map<number, TaskState>();
  /** io_uring request structure → the request; and which requests wait for their completion to be posted. */
  readonly #byPointer = new Map<number, number>();
  readonly #pointed = new Set<number>();

  constructor(table: EventTable, callers: Callers) {
    this.#table = table;
    this.#callers = callers;
  }

  /** Row after which a request's task knows of its completion; NO_ROW where that cannot be told. */
  of(request: number): number {
    return this.#row[request] ?? NO_ROW;
  }

  /** A request is issued; requests are numbered in this order. */
  issued(request: number, asker: Asker): void {
    this.#row[request] = NO_ROW;
    this.#asker[request] = asker;
    if (asker.tid === undefined) return;
    const task = this.#task(asker.tid);
    const manner = this.#manner(asker);
    if (manner === 'aio') task.running.add(request);
    else if (manner === 'uring') this.#point(request, task);
    else if (this.#callers.openCall(asker.tid) === asker.call) task.atExit.push(request);
  }

  /** A request that was issued is taken back; the same asker will issue it again. */
  takenBack(request: number): void {
    const { tid } = this.#asker[request]!;
    if (tid === undefined) return;
    const task = this.#task(tid);
    task.running.delete(request);
    if (!this.#pointed.delete(request)) return;
    for (const [pointer, other] of this.#byPointer)
      if (other === request) {
        this.#byPointer.delete(pointer);
        task.pointers.push(pointer);
      }
  }

  completed(request: number): void {
    const asker = this.#asker[request]!;
    if (asker.tid === undefined) return;
    const task = this.#task(asker.tid);
    const manner = this.#manner(asker);
    if (manner === 'aio') {
      task.running.delete(request);
      task.done.push(request);
    } else if (manner === 'uring' && !task.hasPointers && this.#callers.openCall(asker.tid) !== undefined)
      task.atExit.push(request);
  }

  /** A row of io_uring_submit_req. */
  submitted(row: number): void {
    const task = this.#task(this.#table.tid[row]!);
    task.pointers.push(this.#table.tag[row]!);
    task.hasPointers = true;
  }

  /** A row of io_uring_complete. */
  posted(row: number): void {
    const pointer = this.#table.tag[row]!;
    const request = this.#byPointer.get(pointer);
    if (request === undefined) return;
    this.#byPointer.delete(pointer);
    this.#pointed.delete(request);
    const { tid } = this.#asker[request]!;
    if (this.#callers.openCall(tid!) === undefined) this.#row[request] = row;
    else this.#task(tid!).atExit.push(request);
  }

  /** A call begins. One that is still open has lost its end, and with it what its task learned. */
  enter(tid: number): void {
    const task = this.#tasks.get(tid);
    if (task === undefined) return;
    task.atExit.length = 0;
    task.pointers.length = 0;
  }

  /** A call ends; `completed` has the row of each request's completion. */
  exit(row: number, completed: readonly number[]): void {
    const task = this.#tasks.get(this.#table.tid[row]!);
    if (task === undefined) return;
    for (const request of task.atExit) if (completed[request] !== NO_ROW) this.#row[request] = row;
    task.atExit.length = 0;
    if (REAPING.has(this.#table.kind[row]!)) this.#reap(task, row);
  }

  /** So many completions as the call returned, the oldest first. */
  #reap(task: TaskState, row: number): void {
    const events = this.#table.tag[row]!;
    if (events < 0) return;
    const known = task.done.splice(0, Number.isNaN(events) ? task.done.length : events);
    for (const request of known) this.#row[request] = row;
    task.reaped.push(...known);
    if (task.reaped.length > 2 * MOST_REAPED) task.reaped.splice(0, MOST_REAPED);
    const [oldest] = task.running;
    if (!(events > known.length) || oldest === undefined) return;
    // One of those that still seem to run was reaped, so its completion is missing, and who was reaped since is a guess.
    const since = this.#asker[oldest]!.call;
    for (const request of task.reaped) if (this.#row[request]! > since) this.#row[request] = NO_ROW;
  }

  /** Submissions are issued together when a plug ends, in an order that the kernel's version decides. */
  #point(request: number, task: TaskState): void {
    const [pointer] = task.pointers;
    if (pointer !== undefined && task.pointers.length === 1) {
      this.#byPointer.set(pointer, request);
      this.#pointed.add(request);
    }
    if (task.pointers.length === 1) task.pointers.length = 0;
  }

  #manner({ call }: Asker): Manner {
    return MANNERS[this.#table.kind[call]!]!;
  }

  #task(tid: number): TaskState {
    let task = this.#tasks.get(tid);
    if (task === undefined) {
      task = { atExit: [], done: [], running: new Set(), reaped: [], pointers: [], hasPointers: false };
      this.#tasks.set(tid, task);
    }
    return task;
  }
}

/** Deeper queues than this are not looked back at. */
const MOST_REAPED = 1024;
