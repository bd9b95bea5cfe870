import type { ByteCursor } from '../byte-cursor.ts';
import { hashBytes } from '../byte-table.ts';
import type { EventSink } from '../event-sink.ts';
import type { ScriptPrefix } from './script-prefix.ts';

const COLON = 0x3a;

/** Tells the sink of each task, and again when its name changes: `perf script` is in the order of time. */
export class ScriptTasks {
  readonly #sink: EventSink;
  /** Hash of each task's name as last told. */
  readonly #told = new Map<number, number>();

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Takes note of the task of a line. */
  note(line: ByteCursor, { tid, tgid, commStart, commEnd }: ScriptPrefix): void {
    const hash = hashBytes(line.view, commStart, commEnd);
    const told = this.#told.get(tid);
    if (told === hash) return;
    // A thread that perf has no name for is printed as `:1234`, also where other lines have its name.
    const isNamed = commEnd > commStart && line.bytes[commStart] !== COLON;
    if (!isNamed && told !== undefined) return;
    this.#told.set(tid, hash);
    const comm = isNamed ? Buffer.from(line.bytes.subarray(commStart, commEnd)).toString('utf8') : '';
    this.#sink.task(tid, comm, tgid < 0 ? undefined : tgid);
  }
}
