import type { EventColumns, EventSink } from './event-sink.ts';

/** Rows that are handed over at once: columns that stay in a CPU's cache. */
export const BATCH_ROWS = 4096;
/** Times of a batch are less than this away from its epoch, either way: exact in a double, with whole seconds added. */
export const FARTHEST_NS = 2 ** 52;

/** Rows on their way to a sink: filled by who reads samples, handed over many at a time. */
export class RowBatch {
  readonly columns: EventColumns = {
    ts: new Float64Array(BATCH_ROWS),
    kind: new Uint8Array(BATCH_ROWS),
    cpu: new Uint16Array(BATCH_ROWS),
    tid: new Uint32Array(BATCH_ROWS),
    dev: new Uint32Array(BATCH_ROWS),
    tag: new Float64Array(BATCH_ROWS),
    aux: new Int32Array(BATCH_ROWS),
  };
  /** Rows that are filled. */
  rows = 0;
  /** What their times are counted from: 64-bit nanoseconds in two halves; nothing yet. */
  high = Number.NaN;
  low = Number.NaN;
  readonly #sink: EventSink;
  /** The same in seconds and the rest. */
  #sec = 0;
  #nsec = 0;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Counts times from this one on, of which it hands over what is filled. */
  beginAt(high: number, low: number): void {
    this.handOver();
    this.high = high;
    this.low = low;
    [this.#sec, this.#nsec] = secondsOf(high, low);
  }

  /** Hands over what is filled. */
  handOver(): void {
    const count = this.rows;
    if (count === 0) return;
    this.rows = 0;
    if (this.#sink.batch === undefined) this.#oneByOne(count);
    else this.#sink.batch(this.columns, count, this.#sec, this.#nsec);
  }

  #oneByOne(count: number): void {
    const { ts, kind, cpu, tid, dev, tag, aux } = this.columns;
    for (let row = 0; row < count; row++) {
      const total = this.#nsec + ts[row]!;
      const seconds = Math.floor(total / 1e9);
      this.#sink.event(
        kind[row]!,
        this.#sec + seconds,
        total - seconds * 1e9,
        cpu[row]!,
        tid[row]!,
        dev[row]!,
        tag[row]!,
        aux[row]!,
      );
    }
  }
}

/** Splits 64-bit nanoseconds into seconds and the rest, by long division: exact above 2^53, which is 104 days, too. */
function secondsOf(high: number, low: number): [sec: number, nsec: number] {
  let sec = 0;
  let rest = 0;
  for (const digit of [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff]) {
    const value = rest * 65_536 + digit;
    sec = sec * 65_536 + Math.floor(value / 1e9);
    rest = value % 1e9;
  }
  return [sec, rest];
}
