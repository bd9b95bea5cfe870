import type { EventSink } from '../event-sink.ts';
import { MAX_TID } from './row-limits.ts';

const SLOTS = 256;

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
  /** Threads that had an event, in slots. */
  readonly #latest = new Int32Array(SLOTS).fill(-1);
  /** Threads with a new name, or a first event, since they were handed over last. */
  #changed = new Set<number>();

  /** A thread took a name at this time. */
  name(tid: number, tgid: number, comm: string, since: number): void {
    const known = this.#named.get(tid);
    if (tid > MAX_TID || (known !== undefined && known.since > since)) return;
    this.#named.set(tid, { comm, tgid: processId(tgid), since });
    this.#changed.add(tid);
  }

  /** A thread was created by another. */
  fork(tid: number, parentTid: number): void {
    if (tid <= MAX_TID && tid !== parentTid) this.#parents.set(tid, parentTid);
  }

  /** A thread has an event. Called for each one, so it returns at once for most of those that had one before. */
  see(tid: number, tgid: number): void {
    const slot = tid % SLOTS;
    if (this.#latest[slot] === tid) return;
    this.#latest[slot] = tid;
    if (this.#seen.has(tid)) return;
    this.#seen.set(tid, processId(tgid));
    this.#changed.add(tid);
  }

  /** Hands over every thread that is named or has events. */
  report(sink: EventSink): void {
    for (const tid of this.#named.keys()) this.#handOver(tid, sink);
    for (const tid of this.#seen.keys()) if (!this.#named.has(tid)) this.#handOver(tid, sink);
  }

  /** The same of those that are new or have another name, for who does not wait for the end. */
  reportChanged(sink: EventSink): void {
    for (const tid of this.#changed) this.#handOver(tid, sink);
    this.#changed.clear();
  }

  #handOver(tid: number, sink: EventSink): void {
    const named = this.#named.get(tid);
    sink.task(tid, named?.comm ?? this.#inherited(tid), named?.tgid ?? this.#seen.get(tid));
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
