import { ascii, startsWith } from '../byte-cursor.ts';
import type { EventSink } from '../event-sink.ts';
import { type LinePrefix, MAX_TID } from './line-prefix.ts';

const SEEN = 1;
const HAS_NAME = 2;
const HAS_GROUP = 4;

/** Printed for a task whose name the kernel no longer knew (it keeps the last 128 unless told otherwise). */
const NOT_RECORDED = ascii('<...>');

/** Tells the sink of each task once, and again when its name or thread group turns up later. */
export class TaskNames {
  private readonly sink: EventSink;
  /** What is known of each tid: 4 MiB, and an array access for each event. */
  private readonly known = new Uint8Array(MAX_TID);

  constructor(sink: EventSink) {
    this.sink = sink;
  }

  /** Takes note of the task of a line. */
  note(bytes: Uint8Array, prefix: LinePrefix): void {
    const known = this.known[prefix.tid]!;
    if ((known & HAS_NAME) === 0 || (prefix.groupAt >= 0 && (known & HAS_GROUP) === 0))
      this.learn(bytes, prefix, known);
  }

  private learn(bytes: Uint8Array, prefix: LinePrefix, known: number): void {
    const { dash, tid } = prefix;
    let start = prefix.nameStart;
    while (start < dash && bytes[start] === 0x20) start += 1;
    const isNamed =
      dash > start && (dash - start !== NOT_RECORDED.length || !startsWith(bytes, NOT_RECORDED, start, dash));
    const group = prefix.group(bytes);
    if ((known | bitsOf(isNamed, group >= 0)) === known) return;
    const name = isNamed ? Buffer.from(bytes.subarray(start, dash)).toString('utf8') : '';
    this.tell(tid, name, group < 0 ? undefined : group);
  }

  /** What was told of a task elsewhere, by a reader that knew no more of it than is known here: told on if it is news. */
  tell(tid: number, name: string, group: number | undefined): void {
    const known = this.known[tid]!;
    const now = known | bitsOf(name !== '', group !== undefined);
    if (now === known) return;
    this.known[tid] = now;
    this.sink.task(tid, name, group);
  }
}

function bitsOf(isNamed: boolean, isGrouped: boolean): number {
  return SEEN | (isNamed ? HAS_NAME : 0) | (isGrouped ? HAS_GROUP : 0);
}
