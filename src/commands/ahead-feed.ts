import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { ParseReport } from '../../parsers/format.ts';
import { asIotraceError, type Bundle } from '../bundle/read-bundle.ts';
import type { PackedMember } from '../bundle/read-member.ts';
import { IotraceError } from '../errors.ts';
import { inPackage } from '../package-root.ts';
import type { RowsAhead } from '../trace/ahead-table.ts';
import { ROW_BYTES, sharedColumns } from '../trace/columns.ts';
import type { EventTableBuilder } from '../trace/event-table-builder.ts';
import { readingError } from './open-input.ts';
import type { Ends } from './passed-source.ts';
import type { StreamFeed } from './stream-feed.ts';

/** Memory for what is read ahead: `rooms`, each of so many `rows`, which are filled in turn. */
export interface RoomAhead {
  readonly rooms: number;
  readonly rows?: number;
}

/** A file, or a member of a zip, to be read, and how its format is chosen. */
export interface StreamToFeed {
  readonly name: string;
  readonly from: string | PackedMember;
  /** How it begins: its first 64 KiB. */
  readonly head: Uint8Array;
  readonly script: string | undefined;
  /** What is held of a member that is to be read at any place. */
  readonly ends?: Ends | undefined;
}

/** What the thread is given. */
export interface StreamAhead extends StreamToFeed {
  /** Memory of so many rows each; and how many of them are free, which both threads count. */
  readonly rooms: readonly SharedArrayBuffer[];
  readonly rows: number;
  readonly free: SharedArrayBuffer;
}

/** What it says: rows in a room, with the bytes read so far; in the end what it made of all. */
export type ReadAhead =
  | (RowsAhead & { readonly room: number; readonly bytes: number })
  | { readonly report: ParseReport };

/** Rows of a room: so many come at once. */
const ROWS = 1 << 15;
/** What a thread makes beside its rows is gone at once: more room for that would only be filled. */
const YOUNG_MB = 4;
const BUILT_ENTRY = inPackage('dist/bin/ahead-thread.js');

/** A stream that a thread of its own reads ahead, while this one is at work on what it has read before. */
export class AheadFeed implements StreamFeed {
  report: ParseReport | undefined;
  failure: { readonly error: unknown } | undefined;
  readonly #worker: Worker;
  readonly #builder: EventTableBuilder;
  readonly #rooms: readonly SharedArrayBuffer[];
  readonly #rows: number;
  readonly #free: Int32Array;
  readonly #onBytes: (bytes: number) => void;
  /** Ids in the builder of the thread's strings. */
  readonly #ids = [0];
  readonly #said: ReadAhead[] = [];
  #onNews: () => void = () => undefined;
  #told = 0;

  /** Begins to read. `onBytes` hears how many more bytes were read. */
  constructor(
    stream: StreamToFeed,
    { rooms, rows = ROWS }: RoomAhead,
    builder: EventTableBuilder,
    onBytes: (bytes: number) => void = () => undefined,
  ) {
    this.#builder = builder;
    this.#rows = rows;
    this.#onBytes = onBytes;
    this.#rooms = Array.from({ length: rooms }, () => new SharedArrayBuffer(rows * ROW_BYTES));
    const free = new SharedArrayBuffer(4);
    this.#free = new Int32Array(free);
    this.#free[0] = rooms;
    const workerData: StreamAhead = { ...stream, rooms: this.#rooms, rows, free };
    this.#worker = new Worker(BUILT_ENTRY, {
      workerData,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#worker.on('message', (said: ReadAhead) => {
      this.#said.push(said);
      this.#onNews();
    });
    this.#worker.on('error', (cause) => {
      this.failure ??= { error: errorOf(stream.from, cause) };
      this.#onNews();
    });
  }

  async more(): Promise<void> {
    // Signals are heard, and what the thread says, before and between two rooms.
    await setImmediate();
    while (this.#said.length === 0 && this.failure === undefined)
      await new Promise<void>((news) => {
        this.#onNews = news;
      });
    const said = this.#said.shift();
    if (said === undefined) return;
    if ('report' in said) this.report = said.report;
    else this.#take(said);
  }

  #take({ room, bytes, epoch, extras }: Exclude<ReadAhead, { report: ParseReport }>): void {
    this.#builder.addBlock(sharedColumns(this.#rooms[room]!, this.#rows), extras, 1, this.#ids, epoch);
    for (const [tid, comm, tgid] of extras.tasks) this.#builder.task(tid, comm, tgid);
    Atomics.add(this.#free, 0, 1);
    Atomics.notify(this.#free, 0);
    this.#onBytes(bytes - this.#told);
    this.#told = bytes;
  }

  async close(): Promise<void> {
    this.failure ??= { error: new Error('closed') };
    this.#onNews();
    await this.#worker.terminate();
  }
}

/** What the thread threw, of which only the fields have come here. */
function errorOf(from: StreamToFeed['from'], cause: Error): unknown {
  if (typeof from === 'string') return readingError(from, cause);
  const { code, hint } = cause as Partial<IotraceError>;
  return cause.name === 'IotraceError'
    ? new IotraceError(code!, cause.message, { hint, cause })
    : asIotraceError(from.path, cause);
}

/** Rooms for all streams of a recording: together they hold most of a slice. */
const ROOMS = 40;
const LEAST_ROOMS = 2;
/** A smaller stream is read before a thread has started and warmed up. */
const LEAST_BYTES = 64 * 2 ** 20;

/**
 * What begins to read a stream ahead, `onBytes` heard as above: a plain file or a member of a zip that is large, and one of the largest, as
 * many as there are CPUs. Undefined for others.
 */
export function aheadOf(
  { manifest, fileOf, packedOf }: Pick<Bundle, 'manifest' | 'fileOf' | 'packedOf'>,
  { name, member, bytes, script }: Bundle['manifest']['streams'][number],
  known: Pick<StreamToFeed, 'head' | 'ends'>,
  onBytes: (bytes: number) => void,
  cpus = availableParallelism(),
): ((builder: EventTableBuilder) => AheadFeed) | undefined {
  const { streams } = manifest;
  const from = fileOf?.(member) ?? packedOf?.(member);
  const isOfLargest = streams.filter((each) => each.bytes > bytes).length < cpus;
  if (from === undefined || cpus < 2 || bytes < LEAST_BYTES || !isOfLargest) return undefined;
  const all = streams.reduce((sum, each) => sum + each.bytes, 0);
  const rooms = Math.max(LEAST_ROOMS, Math.round((ROOMS * bytes) / all));
  return (builder) => new AheadFeed({ name, from, script, ...known }, { rooms }, builder, onBytes);
}
