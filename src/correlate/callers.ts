/**
 * Which task's system call a block request serves. The task that issues it may be another: whoever runs a disk's queue
 * also issues what others have put there (block/blk-mq.c `blk_mq_run_hw_queue`, block/mq-deadline.c).
 */
import { DIRECTION, kindId, requestDirection, requestSectors } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import { LatestRows } from '../trace/latest-rows.ts';
import { NO_ROW } from '../trace/units.ts';
import { BySector } from './by-sector.ts';

/** Who asked for a request: the task, and the row of its call; undefined and NO_ROW where that is not known. */
export interface Asker {
  readonly tid: number | undefined;
  readonly call: number;
  /** The task in no call that asked for it, or may have; undefined when a worker may have done it for any other. */
  readonly outsider: number | undefined;
}

/** System calls whose data goes one way only. A request the other way is something else the kernel did meanwhile. */
const ONE_WAY = new Map<number, number>([
  ...['read', 'pread64', 'preadv', 'preadv2'].map((call) => way(call, DIRECTION.read)),
  ...['write', 'pwrite64', 'pwritev', 'pwritev2'].map((call) => way(call, DIRECTION.write)),
]);

function way(call: string, direction: number): [number, number] {
  return [kindId(`sys_enter_${call}`), direction];
}

/** Kernel threads that issue requests for others: a scheduler's or requeue worker, a softirq. */
const WORKERS = /^(kworker|ksoftirqd)\//;

/** The open calls of all tasks, and the requests of one disk that wait in its scheduler, while a table is walked. */
export class Callers {
  readonly #table: EventTable;
  /** tid → row of its open I/O call, and how many are open. */
  readonly #openCall = new LatestRows();
  #open = 0;
  /** Tasks that called. */
  readonly #calling = new Set<number>();
  /** First sector → who handed the request to the scheduler. */
  readonly #inserted = new BySector<Asker>();
  /** tid → it issues requests for others. */
  readonly #workers = new Map<number, boolean>();
  /** Who is in no call is often the one before. */
  #lastOutsider: Asker = NOBODY;

  constructor(table: EventTable) {
    this.#table = table;
  }

  enter(tid: number, row: number): void {
    if (this.#openCall.get(tid) === NO_ROW) this.#open++;
    this.#openCall.set(tid, row);
    this.#calling.add(tid);
  }

  exit(tid: number): void {
    if (this.#openCall.get(tid) === NO_ROW) return;
    this.#openCall.set(tid, NO_ROW);
    this.#open--;
  }

  /** It asked by itself, and is none of the tasks whose calls were recorded: so far, or at the end, in all. */
  isOther({ outsider }: Asker): boolean {
    return outsider !== undefined && !this.#calling.has(outsider);
  }

  /** Row of the call a task is in, NO_ROW outside of any. */
  openCall(tid: number): number {
    return this.#openCall.get(tid);
  }

  /** A row of block_rq_insert: stamped by the task whose request it is, before any task can issue it. */
  insert(row: number): void {
    this.#inserted.set(this.#table.tag[row]!, this.#asker(row, false));
  }

  /** A row of block_rq_requeue: whoever asked for it first is waiting for it again. */
  putBack(row: number, asker: Asker): void {
    this.#inserted.set(this.#table.tag[row]!, asker);
  }

  /** A row of block_rq_merge: this request became the end of another one and will not be issued. */
  merge(row: number): void {
    this.#inserted.delete(this.#table.tag[row]!);
  }

  /** Who asked for the request that is issued: who put it into the scheduler, else who issues it. */
  issue(row: number): Asker {
    if (this.#inserted.isEmpty) return this.#asker(row, true);
    const first = this.#table.tag[row]!;
    const end = first + requestSectors(this.#table.aux[row]!);
    let asker: Asker | undefined;
    // A bio that was merged to its front moved its beginning.
    for (let sector = first; sector < end; sector++) {
      const known = this.#inserted.get(sector);
      if (known === undefined) continue;
      asker ??= known;
      this.#inserted.delete(sector);
      if (sector === first) break;
    }
    return asker ?? this.#asker(row, true);
  }

  /** The task of the row, or the only one in a call when a worker `mayHelp` it. */
  #asker(row: number, mayHelp: boolean): Asker {
    const tid = this.#table.tid[row]!;
    const own = this.#openCall.get(tid);
    if (own !== NO_ROW) return this.#fits(own, row) ? { tid, call: own, outsider: undefined } : NOBODY;
    if (!mayHelp || !this.#isWorker(tid)) return this.#outsider(tid);
    if (this.#open !== 1) return NOBODY;
    const caller = [...this.#calling].find((each) => this.#openCall.get(each) !== NO_ROW)!;
    const call = this.#openCall.get(caller);
    return this.#fits(call, row) ? { tid: caller, call, outsider: undefined } : NOBODY;
  }

  #outsider(tid: number): Asker {
    if (this.#lastOutsider.outsider !== tid)
      this.#lastOutsider = { tid: undefined, call: NO_ROW, outsider: tid };
    return this.#lastOutsider;
  }

  #isWorker(tid: number): boolean {
    let known = this.#workers.get(tid);
    if (known === undefined) {
      known = WORKERS.test(this.#table.tasks.get(tid)?.comm ?? '');
      this.#workers.set(tid, known);
    }
    return known;
  }

  #fits(call: number, row: number): boolean {
    const direction = ONE_WAY.get(this.#table.kind[call]!);
    const own = requestDirection(this.#table.aux[row]!);
    return direction === undefined || own === DIRECTION.other || own === direction;
  }
}

const NOBODY: Asker = { tid: undefined, call: NO_ROW, outsider: undefined };
