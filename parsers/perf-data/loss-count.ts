import type { EventSink } from '../event-sink.ts';

/**
 * What a recording says it lost. The kernel writes a LOST record in its place as soon as the buffer has room again.
 * Since Linux 6.1 perf also asks every event for its own count when it stops, and writes LOST_SAMPLES records: the
 * same losses once more, and besides them those at the end of a buffer, which no LOST record followed. So of these
 * only what a CPU's LOST records do not explain is reported, at the end.
 */
export class LossCount {
  readonly #sink: EventSink;
  readonly #inPlace = new Map<number, number>();
  readonly #atEnd = new Map<number, number>();

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** A LOST record: `count` records of a CPU (-1 = not said) did not fit into its buffer. */
  lost(cpu: number, count: number): void {
    this.#inPlace.set(cpu, (this.#inPlace.get(cpu) ?? 0) + count);
    this.#sink.lost(cpu, count);
  }

  /** A THROTTLE record: the kernel stopped an event on a CPU, it does not say how many samples that cost. */
  throttled(cpu: number): void {
    this.#sink.lost(cpu, undefined);
  }

  /** A LOST_SAMPLES record: what one event lost in the whole recording. */
  lostSamples(cpu: number, count: number): void {
    this.#atEnd.set(cpu, (this.#atEnd.get(cpu) ?? 0) + count);
  }

  /** Reports what only LOST_SAMPLES told. */
  finish(): void {
    // One side does not say where: then only the sums can be held against each other.
    const comparable = !this.#atEnd.has(-1) && !this.#inPlace.has(-1);
    const told = comparable ? this.#atEnd : new Map([[-1, sum(this.#atEnd)]]);
    for (const [cpu, count] of told) {
      const known = comparable ? (this.#inPlace.get(cpu) ?? 0) : sum(this.#inPlace);
      if (count > known) this.#sink.lost(cpu, count - known);
    }
  }
}

function sum(counts: ReadonlyMap<number, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
