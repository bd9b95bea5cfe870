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
import { AioReturns, type Outcome } from './aio-returns.ts';
import { REAPING, REAPS } from './app-steps.ts';
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
  readonly aio: AioReturns;
  /** io_uring: request structures submitted, whose block request was not issued yet. */
  readonly pointers: number[];
  /** io_uring: this task's submissions are in the trace. */
  hasPointers: boolean;
}

export class Returns {
  readonly #table: EventTable;
  readonly #callers: Callers;
  readonly #isIncomplete: boolean;
  readonly #row: Int32Array;
  readonly #asker: Asker[] = [];
  readonly #tasks = new Map<number, TaskState>();
  /** io_uring request structure → the request; and which requests wait for their completion to be posted. */
  readonly #byPointer = new Map<number, number>();
  readonly #pointed = new Set<number>();
  /** Requests of which nothing tells any more which call told of them. */
  readonly #doubted = new Set<number>();
  readonly #outcome: Outcome = {
    told: (request, row) => {
      this.#row[request] = row;
    },
    doubt: (request) => {
      this.#row[request] = NO_ROW;
      this.#doubted.add(request);
    },
    askedAt: (request) => this.#asker[request]!.call,
    toldAt: (request) => this.#row[request]!,
  };

  /** There are at most `most` requests. `isIncomplete`: events are missing somewhere in the table. */
  constructor(table: EventTable, callers: Callers, most: number, isIncomplete: boolean) {
    this.#table = table;
    this.#callers = callers;
    this.#row = new Int32Array(most).fill(NO_ROW);
    this.#isIncomplete = isIncomplete;
  }

  /** By request the row after which its task knows of its completion; NO_ROW where that cannot be told. */
  get rows(): Int32Array {
    return this.#row;
  }

  /** Who asked for a request. */
  asker(request: number): Asker {
    return this.#asker[request]!;
  }

  /** The table ends. Leaves the requests of which a lost event hides which call told their task. */
  finish(): ReadonlySet<number> {
    for (const { aio } of this.#tasks.values()) aio.finish();
    return this.#doubted;
  }

  /** A request is issued; requests are numbered in this order. */
  issued(request: number, asker: Asker): void {
    this.#asker.push(asker);
    if (asker.tid === undefined) return;
    const task = this.#task(asker.tid);
    if (REAPS.has(this.#table.kind[asker.call]!)) task.aio.askedWithin();
    const manner = this.#manner(asker);
    if (manner === 'aio') task.aio.asked(request);
    else if (manner === 'uring') this.#point(request, task);
    else if (this.#callers.openCall(asker.tid) === asker.call) task.atExit.push(request);
  }

  /** A request that was issued is taken back; the same asker will issue it again. */
  takenBack(request: number): void {
    const { tid } = this.#asker[request]!;
    if (tid === undefined) return;
    const task = this.#task(tid);
    task.aio.takenBack(request);
    if (!this.#pointed.delete(request)) return;
    for (const [pointer, other] of this.#byPointer)
      if (other === request) {
        this.#byPointer.delete(pointer);
        task.pointers.push(pointer);
      }
  }

  /** `row` completes the request. */
  completed(request: number, row: number): void {
    const asker = this.#asker[request]!;
    if (asker.tid === undefined) return;
    const task = this.#task(asker.tid);
    const manner = this.#manner(asker);
    if (manner === 'aio')
      task.aio.completed(request, this.#table.ts[row]!, this.#table.tid[row] === asker.tid);
    else if (manner === 'uring' && !task.hasPointers && this.#callers.openCall(asker.tid) !== NO_ROW)
      task.atExit.push(request);
  }

  /**
   * `row` completes a request in the midst of a call that its task never issued it in: where events are missing, another call may
   * have told of what was complete by then.
   */
  strayed(row: number, completed: Int32Array): void {
    if (!this.#isIncomplete) return;
    const task = this.#tasks.get(this.#table.tid[row]!);
    if (task === undefined) return;
    for (const request of task.atExit) if (completed[request] !== NO_ROW) this.#outcome.doubt(request);
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
    if (this.#callers.openCall(tid!) === NO_ROW) this.#row[request] = row;
    else this.#task(tid!).atExit.push(request);
  }

  /** A call begins. One that is still open has lost its end, and with it what its task learned. */
  enter(row: number): void {
    const { tid, kind, tag, ts } = this.#table;
    const task = this.#tasks.get(tid[row]!);
    if (task === undefined) return;
    task.aio.enter(REAPS.has(kind[row]!) ? tag[row]! : undefined, ts[row]!);
    empty(task.atExit);
    empty(task.pointers);
  }

  /** A call ends; `completed` has the row of each request's completion. */
  exit(row: number, completed: Int32Array): void {
    const task = this.#tasks.get(this.#table.tid[row]!);
    if (task === undefined) return;
    for (const request of task.atExit) if (completed[request] !== NO_ROW) this.#row[request] = row;
    empty(task.atExit);
    if (REAPING.has(this.#table.kind[row]!)) task.aio.exit(this.#table.tag[row]!, row);
  }

  /** Submissions are issued together when a plug ends, in an order that the kernel's version decides. */
  #point(request: number, task: TaskState): void {
    const [pointer] = task.pointers;
    if (pointer !== undefined && task.pointers.length === 1) {
      this.#byPointer.set(pointer, request);
      this.#pointed.add(request);
    }
    if (task.pointers.length === 1) task.pointers.pop();
  }

  #manner({ call }: Asker): Manner {
    return MANNERS[this.#table.kind[call]!]!;
  }

  #task(tid: number): TaskState {
    let task = this.#tasks.get(tid);
    if (task === undefined) {
      task = {
        atExit: [],
        aio: new AioReturns(this.#outcome, this.#isIncomplete),
        pointers: [],
        hasPointers: false,
      };
      this.#tasks.set(tid, task);
    }
    return task;
  }
}

/** A list of very few. Setting its length would leave compiled code, and give its memory back for the next to ask for. */
function empty(list: number[]): void {
  while (list.length > 0) list.pop();
}
