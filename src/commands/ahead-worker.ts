/**
 * The thread that reads a stream ahead for another, as far as there is room for what it reads. It can be begun before it is known what
 * is wanted of a file, as those of `file-threads.ts` are, and for the same reason this imports next to nothing.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { layoutOf } from '../../parsers/blktrace/record-layout.ts';
import type { ParseReport } from '../../parsers/format.ts';
import type { PackedMember } from '../bundle/read-member.ts';
import { inPackage } from '../package-root.ts';
import type { RowsAhead } from '../trace/ahead-table.ts';
import { type Columns, ROW_BYTES, sharedColumns } from '../trace/columns.ts';
import type { Ends } from './passed-source.ts';

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
/** Rooms for all streams of a recording: together they hold most of a slice. */
export const ROOMS = 40;
/** A smaller stream is read before a thread has started and warmed up. */
export const LEAST_BYTES_AHEAD = 64 * 2 ** 20;
const HEAD_BYTES = 65_536;
/** What a thread makes beside its rows is gone at once: more room for that would only be filled. */
const YOUNG_MB = 4;
const BUILT_ENTRY = inPackage('dist/bin/ahead-thread.js');

/** A thread at work. What it says is kept until somebody listens; until then it keeps no program from ending. */
export class AheadWorker {
  /** Of each room. */
  readonly columns: readonly Columns[];
  readonly #worker: Worker;
  readonly #free: Int32Array;
  #said: ReadAhead[] = [];
  #failure: Error | undefined;
  #hears = (said: ReadAhead): void => void this.#said.push(said);
  #fails = (error: Error): void => {
    this.#failure ??= error;
  };

  constructor(stream: StreamToFeed, { rooms, rows = ROWS }: RoomAhead) {
    const memory = Array.from({ length: rooms }, () => new SharedArrayBuffer(rows * ROW_BYTES));
    this.columns = memory.map((room) => sharedColumns(room, rows));
    const free = new SharedArrayBuffer(4);
    this.#free = new Int32Array(free);
    this.#free[0] = rooms;
    const workerData: StreamAhead = { ...stream, rooms: memory, rows, free };
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
    this.#worker = new Worker(BUILT_ENTRY, { workerData, execArgv: [], resourceLimits });
    this.#worker.on('message', (said: ReadAhead) => this.#hears(said));
    this.#worker.on('error', (error) => this.#fails(error));
    this.#worker.unref();
  }

  /** Hands over what the thread has said and will say, and why it failed, if it does. */
  listen(hears: (said: ReadAhead) => void, fails: (error: Error) => void): void {
    this.#worker.ref();
    for (const said of this.#said) hears(said);
    this.#said = [];
    if (this.#failure !== undefined) fails(this.#failure);
    this.#hears = hears;
    this.#fails = fails;
  }

  /** Of the rooms that were filled the first one may be filled again. */
  letGo(): void {
    Atomics.add(this.#free, 0, 1);
    Atomics.notify(this.#free, 0);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

let begun: { readonly file: string; readonly worker: AheadWorker } | undefined;

/** Begins to read a file that is all that is given, where such a file is walked through while it is read: a large one of blktrace. */
export function beginAhead(
  file: string,
  { leastBytes = LEAST_BYTES_AHEAD, cpus = availableParallelism() } = {},
): void {
  const head = cpus < 2 || begun !== undefined ? undefined : headOfLarge(file, leastBytes);
  if (head === undefined || layoutOf(head) === undefined) return;
  const stream: StreamToFeed = { name: basename(file), from: file, head, script: undefined };
  begun = { file: resolve(file), worker: new AheadWorker(stream, { rooms: ROOMS }) };
}

/** The thread that was begun for a file, if one was; whoever takes it ends it. */
export function takeAhead(file: string): AheadWorker | undefined {
  if (begun?.file !== resolve(file)) return undefined;
  const { worker } = begun;
  begun = undefined;
  return worker;
}

/** How a file of at least so many bytes begins; undefined where it cannot be read, which whoever reads it says. */
function headOfLarge(file: string, leastBytes: number): Uint8Array | undefined {
  try {
    const handle = openSync(file, 'r');
    try {
      const stats = fstatSync(handle);
      if (!stats.isFile() || stats.size < leastBytes) return undefined;
      const head = new Uint8Array(HEAD_BYTES);
      return head.subarray(0, readSync(handle, head, 0, HEAD_BYTES, 0));
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}
