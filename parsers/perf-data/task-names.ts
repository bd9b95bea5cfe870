import type { EventSink } from '../event-sink.ts';
import { MAX_TID } from './row-limits.ts';

interface NamedTask {
  readonly comm: string;
  readonly tgid: number | undefined;
  /** When it got this name, 0 for the names that perf wrote down at the beginning. */
  readonly since: number;
}

/**
 * Names of threads, from COMM records and, for threads that never took a name of their own, from FORK records. The
 * file is not in the order of time, so the latest name by time stamp is kept: QEMU names its threads after creating them.
 */
export class TaskNames {
  readonly #named = new Map<number, NamedTask>();
  readonly #parents = new Map<number, number>();
  readonly #seen = new Map<number, number | undefined>();
  #lastTid = -1;

  /** A thread took a name at this time. */
  name(tid: number, tgid: number, comm: string, since: number): void {
    const known = this.#named.get(tid);
    if (tid > MAX_TID || (known !== undefined && known.since > since)) return;
    this.#named.set(tid, { comm, tgid: processId(tgid), since });
  }

  /** A thread was created by another. */
  fork(tid: number, parentTid: number): void {
    if (tid <= MAX_TID && tid !== parentTid) this.#parents.set(tid, parentTid);
  }

  /** A thread has an event. Called for each one, so it returns at once for the thread of the event before. */
  see(tid: number, tgid: number): void {
    if (tid === this.#lastTid) return;
    this.#lastTid = tid;
    if (!this.#seen.has(tid)) this.#seen.set(tid, processId(tgid));
  }

  /** Hands over every thread that is named or has events. */
  report(sink: EventSink): void {
    for (const [tid, { comm, tgid }] of this.#named) sink.task(tid, comm, tgid ?? this.#seen.get(tid));
    for (const [tid, tgid] of this.#seen) {
      if (!this.#named.has(tid)) sink.task(tid, this.#inherited(tid), tgid);
    }
  }

  /** The name of the nearest ancestor that has one; perf has no COMM record for the idle tasks. */
  #inherited(tid: number): string {
    if (tid === 0) return 'swapper';
    let at: number | undefined = tid;
    for (let steps = 0; at !== undefined && steps < 64; steps++) {
      const named = this.#named.get(at);
      if (named !== undefined) return named.comm;
      at = this.#parents.get(at);
    }
    return '';
  }
}

function processId(tgid: number): number | undefined {
  return tgid > MAX_TID ? undefined : tgid;
}
