import type { ClockId, Format, ParseReport } from '../../parsers/format.ts';
import { type BuiltTable, EventTableBuilder } from '../trace/event-table-builder.ts';
import type { MachineName, Source, SourceReject } from '../trace/recording.ts';
import type { SteppedSource } from './file-source.ts';
import type { BlockThreads } from './read-in-blocks.ts';
import { SourceFeed } from './source-feed.ts';
import { ChunkFeed, type StreamFeed } from './stream-feed.ts';

/** A stream to be read bit by bit. */
export interface StreamToSlice {
  readonly name: string;
  readonly machine: MachineName;
  readonly format: Format;
  /** How it begins: its first 64 KiB, or all of it. */
  readonly head: Uint8Array;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** For a format that reads at any place: opens the stream for that, more than once; and who hears how many bytes of it were read. */
  readonly source?: (() => SteppedSource) | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** What a thread of its own reads ahead: begins that. */
  readonly ahead?: ((builder: EventTableBuilder) => StreamFeed) | undefined;
  /** Length of the whole stream. */
  readonly bytes: number;
  /** For this stream alone; closed with it. */
  readonly threads?: (BlockThreads & { close(): Promise<void> }) | undefined;
  /** What who recorded it noted of the clock, for a stream that does not say. */
  readonly clock?: ClockId | undefined;
}

/** What the whole stream came to. */
export type StreamTotals = ParseReport & { readonly rejects: readonly SourceReject[] };

/** What a stream's beginning says of it, and the events there. */
type Beginning = ParseReport & { readonly epoch: bigint; readonly rows: number };

/** The kind of times in a stream, and how it names its tracer. */
type TimesOf = Pick<ParseReport, 'format' | 'unit' | 'roundingNs' | 'clock'>;

/**
 * One stream of a recording that is larger than memory: read as far as is wanted, taken in slices. Between two fills nothing is
 * read. Times are the stream's own: its unit, after its own epoch, as in its tables. What a report tells only at the end of a
 * stream (unit, clock, rounding) is taken from its beginning until then; `agrees` says whether that was right.
 */
export class SlicedStream {
  readonly #stream: StreamToSlice;
  readonly #feed: StreamFeed;
  readonly #builder: EventTableBuilder;
  readonly #head: Beginning;
  /** Rows held that were looked at. */
  #seen = 0;
  #lastTime = Number.NEGATIVE_INFINITY;
  /** The end of the latest cut. */
  #cutTo = Number.NEGATIVE_INFINITY;
  #late = 0;
  /** A source was made before the report was there. */
  #usedHead = false;

  private constructor(stream: StreamToSlice, feed: StreamFeed, builder: EventTableBuilder, head: Beginning) {
    this.#stream = stream;
    this.#feed = feed;
    this.#builder = builder;
    this.#head = head;
  }

  /** Looks at the stream's beginning; reads nothing of its chunks. Rejects when its file cannot be read. */
  static async open(stream: StreamToSlice): Promise<SlicedStream> {
    const { format, head, chunks, source, ahead, bytes, threads } = stream;
    const builder = new EventTableBuilder();
    if (source !== undefined && format.parseFile !== undefined) {
      const beginning = await beginningOf(source(), format);
      const feed = ahead?.(builder) ?? new SourceFeed(source(), format, builder, stream.onBytes);
      return new SlicedStream(stream, feed, builder, beginning);
    }
    const first = new EventTableBuilder();
    const beginning = withRows(await format.parse(once(head), first), first);
    const begun = format.parseFile === undefined ? ahead?.(builder) : undefined; // Else it is read whole, not here.
    const feed = begun ?? new ChunkFeed(format, chunks, builder, bytes, threads);
    return new SlicedStream(stream, feed, builder, beginning);
  }

  get name(): string {
    return this.#stream.name;
  }

  get machine(): MachineName {
    return this.#stream.machine;
  }

  get format(): string {
    return this.#stream.format.name;
  }

  get bytes(): number {
    return this.#stream.bytes;
  }

  get unit(): 'ns' | 'ticks' {
    return this.#times.unit;
  }

  get clock(): ClockId {
    return clockOf(this.#times, this.#stream);
  }

  /** No row is there before all has been read: it is read at any place, which is not possible here. */
  get isReadWhole(): boolean {
    return this.#stream.format.parseFile !== undefined && this.#stream.source === undefined;
  }

  /** What times count from, on the stream's own clock; 0 where the beginning shows no event. */
  get epoch(): bigint {
    return this.#head.epoch;
  }

  /** Whether it has events, as far as its beginning tells. */
  get events(): 'some' | 'none' | 'unknown' {
    if (this.#head.rows > 0) return 'some';
    return this.bytes <= this.#stream.head.length ? 'none' : 'unknown';
  }

  /** Rows held. */
  get rows(): number {
    return this.#builder.rows;
  }

  /** The latest time of all rows read so far; -Infinity before the first. */
  get lastTime(): number {
    return this.#lastTime;
  }

  /** All of the stream has been read. */
  get ended(): boolean {
    return this.#feed.report !== undefined;
  }

  /** Rows that came after a cut though they are earlier than its end: they are missing in the slice that should have them. */
  get late(): number {
    return this.#late;
  }

  /** False when sources were said to have another unit, clock or rounding than the stream turned out to have. */
  get agrees(): boolean {
    const { format, unit, roundingNs, clock } = this.#times;
    const head = this.#head;
    const same = head.unit === unit && head.clock === clock && head.roundingNs === roundingNs;
    return !this.#usedHead || (same && head.format === format);
  }

  get #times(): TimesOf {
    return this.#feed.report ?? this.#head;
  }

  /** About how many rows held are earlier: as many as if they were in order of time. */
  rowsBefore(time: number): number {
    const { times } = this.#builder;
    let from = 0;
    let to = times.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (times[middle]! < time) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Reads until `rows` rows are held or the stream ends. Rejects when reading fails. */
  async fillRows(rows: number): Promise<void> {
    await this.#fill(() => this.rows >= rows);
  }

  /** Reads until a row later than `time` has come or the stream ends. Rejects when reading fails. */
  async fillTo(time: number): Promise<void> {
    await this.#fill(() => this.#lastTime > time);
  }

  async #fill(isEnough: () => boolean): Promise<void> {
    const feed = this.#feed;
    while (feed.failure === undefined && !this.ended && !isEnough()) {
      await feed.more();
      this.#lookAtNewRows();
    }
    if (feed.failure !== undefined) throw feed.failure.error;
  }

  #lookAtNewRows(): void {
    const { times } = this.#builder;
    for (let row = this.#seen; row < times.length; row++) {
      const time = times[row]!;
      if (time > this.#lastTime) this.#lastTime = time;
      if (time < this.#cutTo) this.#late++;
    }
    this.#seen = times.length;
  }

  /**
   * Takes all rows held up to the last one earlier than `to`, and keeps all from the first one that is not earlier than
   * `keepFrom` on (at most `to`). Rows out of order may be in both though they lie in neither.
   */
  cut(to: number, keepFrom: number): Source {
    const built = this.#builder.cut(this.#rowBehind(to), this.#firstRowFrom(keepFrom));
    this.#seen = this.rows;
    this.#cutTo = Math.max(this.#cutTo, to);
    return this.#sourceOf(built);
  }

  /** The same rows; all stay. */
  peek(to: number): Source {
    return this.#sourceOf(this.#builder.peek(this.#rowBehind(to)));
  }

  /** Nobody looks at the rows of the latest cut any more. */
  takeBack(): void {
    this.#builder.takeBack();
  }

  #rowBehind(to: number): number {
    const { times } = this.#builder;
    let row = times.length;
    while (row > 0 && !(times[row - 1]! < to)) row--;
    return row;
  }

  #firstRowFrom(time: number): number {
    const { times } = this.#builder;
    let row = 0;
    while (row < times.length && times[row]! < time) row++;
    return row;
  }

  #sourceOf({ events, rejects, losses }: BuiltTable): Source {
    if (!this.ended) this.#usedHead = true;
    const { name, machine } = this.#stream;
    const { format = this.format, unit, roundingNs } = this.#times;
    return {
      name,
      machine,
      format,
      clock: this.clock,
      unit,
      roundingNs,
      events,
      records: events.length,
      unused: 0,
      claimed: undefined,
      overwritten: undefined,
      rejects,
      losses,
    };
  }

  /** What the whole stream came to. Rejects when it has not been read to its end. */
  async rest(): Promise<StreamTotals> {
    const { failure, report } = this.#feed;
    if (failure !== undefined) throw failure.error;
    if (report === undefined) throw new Error(`${this.name} was not read to its end`);
    const { clock } = this;
    return { ...report, clock, rejects: this.#builder.build().rejects };
  }

  /** Reads no more and ends what reads. */
  async close(): Promise<void> {
    try {
      await this.#feed.close();
    } finally {
      await this.#stream.threads?.close();
    }
  }
}

function clockOf({ clock }: TimesOf, { clock: noted }: StreamToSlice): ClockId {
  return clock === 'unknown' && noted !== undefined ? noted : clock;
}

/** So many steps of a file are looked at for its first event. */
const MOST_STEPS = 16;

/** What a file's beginning says, and how many events it shows. */
async function beginningOf(source: SteppedSource, format: Format): Promise<Beginning> {
  const builder = new EventTableBuilder();
  const feed = new SourceFeed(source, format, builder);
  try {
    for (let step = 0; step < MOST_STEPS && builder.rows === 0 && feed.report === undefined; step++) {
      await feed.more();
      if (feed.failure !== undefined) throw feed.failure.error;
      feed.flush();
    }
  } finally {
    await feed.close();
  }
  return withRows(feed.known!, builder);
}

function withRows(report: ParseReport, builder: EventTableBuilder): Beginning {
  const { events } = builder.build();
  return { ...report, epoch: events.epoch, rows: events.length };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
