import type { Step } from './drawn-lines.ts';
import type { LineTemplate, LineValues } from './line-template.ts';
import type { Scatter } from './random.ts';

interface Pending {
  readonly line: LineTemplate;
  readonly ns: number;
  readonly values: LineValues;
}

/** What writes one machine's events, in order of time. */
export interface TraceWriter {
  /** Writes an event at a time of the machine's clock. */
  event(line: LineTemplate, ns: number, values: LineValues): void;
  /** Closes the file, into which so many events were written. */
  finish(events: number): void;
}

/** One machine's trace file: lines are added in any order and leave in order of time. */
export class Timeline {
  lines = 0;
  readonly #writer: TraceWriter;
  readonly #clock: (hostNs: number) => number;
  readonly #pending: Pending[] = [];

  /** `clock` turns host time into the machine's own. */
  constructor(writer: TraceWriter, clock: (hostNs: number) => number) {
    this.#writer = writer;
    this.#clock = clock;
  }

  /** Adds a chain of lines from `from` on, ns of the host; returns the time of its last. */
  add(chain: readonly Step[], from: number, scatter: Scatter, values: LineValues): number {
    const pending = this.#pending;
    let ns = from;
    for (const { line, afterNs } of chain) {
      ns += scatter.around(afterNs);
      // Lines come nearly in order, so each is moved to its place by a few steps.
      let at = pending.push({ line, ns, values }) - 1;
      for (; at > 0 && pending[at - 1]!.ns > ns; at--) pending[at] = pending[at - 1]!;
      pending[at] = { line, ns, values };
    }
    return ns;
  }

  /** Writes all lines before `ns`; none before it may be added any more. */
  upTo(ns: number): void {
    let count = 0;
    for (const { line, ns: at, values } of this.#pending) {
      if (at >= ns) break;
      this.#writer.event(line, this.#clock(at), values);
      count++;
    }
    this.#pending.splice(0, count);
    this.lines += count;
  }

  /** Writes what is left; returns the number of events. */
  finish(): number {
    this.upTo(Number.POSITIVE_INFINITY);
    this.#writer.finish(this.lines);
    return this.lines;
  }
}
