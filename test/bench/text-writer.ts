/** Writes drawn events as tracefs prints them. SYNTHETIC, and its header says so. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { type LineTemplate, type LineValues, LineWriter } from './line-template.ts';
import type { TraceWriter } from './timeline.ts';

const FIRST_LINES = '# tracer: nop\n#\n';

export class TextWriter implements TraceWriter {
  readonly #file: number;
  readonly #writer: LineWriter;
  readonly #cpus: number;

  constructor(path: string, cpus: number) {
    this.#file = openSync(path, 'w');
    this.#writer = new LineWriter((bytes) => writeSync(this.#file, bytes));
    this.#cpus = cpus;
    this.#writer.text(
      `${FIRST_LINES}${this.#counts(0)}# synthetic: drawn by the benchmark, not recorded\n#\n`,
    );
  }

  event(line: LineTemplate, ns: number, values: LineValues): void {
    this.#writer.event(line, ns, values);
  }

  finish(events: number): void {
    this.#writer.finish();
    writeSync(this.#file, this.#counts(events), FIRST_LINES.length);
    closeSync(this.#file);
  }

  #counts(events: number): string {
    const count = String(events).padStart(9, '0');
    return `# entries-in-buffer/entries-written: ${count}/${count}   #P:${this.#cpus}\n`;
  }
}
