import type { MachineName, Source } from '../trace/recording.ts';
import type { SlicedStream } from './sliced-stream.ts';

/**
 * The streams of one machine, read in step. Times are ns after the epoch of its first stream with events, on the clock that its
 * streams have in common; an end of time (Infinity) may be given for all there is.
 */
export class SlicedMachine {
  readonly name: MachineName;
  readonly streams: readonly SlicedStream[];
  /** Ns per unit of the streams' times. */
  readonly #scale: number;
  /** By stream: what is added to its times, in their unit. */
  readonly #shifts: ReadonlyMap<SlicedStream, number>;
  readonly #step: number;

  /** `nsPerTick` is for streams whose times are ticks. A stream is read on by `step` rows before another's turn. */
  constructor(name: MachineName, streams: readonly SlicedStream[], nsPerTick: number, step: number) {
    this.name = name;
    this.streams = streams;
    const first = streams.find(({ events }) => events !== 'none');
    this.#scale = first?.unit === 'ticks' ? nsPerTick : 1;
    this.#shifts = new Map(
      streams.map((stream) => [
        stream,
        first === undefined || stream.events === 'none' ? 0 : Number(stream.epoch - first.epoch),
      ]),
    );
    this.#step = Math.max(1, Math.ceil(step));
  }

  get bytes(): number {
    return this.#sum(({ bytes }) => bytes);
  }

  /** Rows held. */
  get rows(): number {
    return this.#sum(({ rows }) => rows);
  }

  get late(): number {
    return this.#sum(({ late }) => late);
  }

  /** All has been read. */
  get ended(): boolean {
    return this.streams.every(({ ended }) => ended);
  }

  /** When the stream that begins first begins; 0 without any. */
  get beginning(): number {
    const beginnings = this.streams
      .filter(({ events }) => events === 'some')
      .map((each) => this.#timeOf(each, 0));
    return beginnings.length === 0 ? 0 : Math.min(...beginnings);
  }

  /** The latest time read so far; -Infinity before the first. */
  get lastTime(): number {
    return Math.max(...this.streams.map((each) => this.#timeOf(each, each.lastTime)));
  }

  /** Before this time nothing is to come any more, where rows are in order of time; Infinity when all has been read. */
  get horizon(): number {
    const furthestBack = this.#furthestBack();
    return furthestBack === undefined
      ? Number.POSITIVE_INFINITY
      : this.#timeOf(furthestBack, furthestBack.lastTime);
  }

  /** About how many rows held are earlier. */
  rowsBefore(time: number): number {
    return this.#sum((stream) => stream.rowsBefore(this.#ownTime(stream, time)));
  }

  /** Reads on in the stream that is furthest back. */
  async readOn(): Promise<void> {
    const stream = this.#furthestBack();
    await stream?.fillRows(stream.rows + this.#step);
  }

  /** Reads until about `rows` rows are held whose time has been reached in all streams, or all has been read. */
  async fillRows(rows: number): Promise<void> {
    while (!this.ended && this.rowsBefore(this.horizon) < rows) await this.readOn();
  }

  /** Reads until `time` has been passed in all streams, or all has been read. */
  async fillTo(time: number): Promise<void> {
    for (const stream of this.streams) await stream.fillTo(this.#ownTime(stream, time));
  }

  /** What each stream holds before `to`, without taking it. */
  peek(to: number): Source[] {
    return this.streams.map((stream) => stream.peek(this.#ownTime(stream, to)));
  }

  /** Takes what each stream holds before `to`, and keeps what is not before `keepFrom`. */
  cut(to: number, keepFrom: number): Source[] {
    return this.streams.map((stream) =>
      stream.cut(this.#ownTime(stream, to), this.#ownTime(stream, keepFrom)),
    );
  }

  /** Of the streams that go on, the one whose latest row is the earliest. */
  #furthestBack(): SlicedStream | undefined {
    let found: SlicedStream | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const stream of this.streams) {
      const time = this.#timeOf(stream, stream.lastTime);
      if (stream.ended || !(time < earliest)) continue;
      found = stream;
      earliest = time;
    }
    return found;
  }

  #timeOf(stream: SlicedStream, time: number): number {
    return (time + this.#shifts.get(stream)!) * this.#scale;
  }

  #ownTime(stream: SlicedStream, time: number): number {
    return time / this.#scale - this.#shifts.get(stream)!;
  }

  #sum(of: (stream: SlicedStream) => number): number {
    return this.streams.reduce((sum, stream) => sum + of(stream), 0);
  }
}
