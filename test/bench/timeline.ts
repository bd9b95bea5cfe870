import { closeSync, openSync, writeSync } from 'node:fs';
import type { Step } from './drawn-lines.ts';
import { type LineTemplate, type LineValues, LineWriter } from './line-template.ts';
import type { Scatter } from './random.ts';

interface Pending {
  readonly line: LineTemplate;
  readonly ns: number;
  readonly values: LineValues;
}

/** One machine's trace file: lines are added in any order and leave in order of time. */
export class Timeline {
  lines = 0;
  readonly #file: number;
  readonly #writer: LineWriter;
  readonly #clock: (hostNs: number) => number;
  readonly #cpus: number;
  readonly #pending: Pending[] = [];

  /** `clock` turns host time into the machine's own. */
  constructor(path: string, clock: (hostNs: number) => number, cpus: number) {
    this.#file = openSync(path, 'w');
    this.#writer = new LineWriter((bytes) => writeSync(this.#file, bytes));
    this.#clock = clock;
    this.#cpus = cpus;
    this.#writer.text(
      `# tracer: nop\n#\n${this.#header()}# synthetic: drawn by the benchmark, not recorded\n#\n`,
    );
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

  /** Writes what is left, and the number of lines into the header; returns that number. */
  finish(): number {
    this.upTo(Number.POSITIVE_INFINITY);
    this.#writer.finish();
    writeSync(this.#file, this.#header(), '# tracer: nop\n#\n'.length);
    closeSync(this.#file);
    return this.lines;
  }

  #header(): string {
    const count = String(this.lines).padStart(9, '0');
    return `# entries-in-buffer/entries-written: ${count}/${count}   #P:${this.#cpus}\n`;
  }
}
