/** A thread that reads blocks of a stream for `read-in-blocks.ts`: rows in memory that both see, the rest in messages. */
import { parentPort } from 'node:worker_threads';
import type { BlockNotes, BlockReader, StreamState } from '../../parsers/block-format.ts';
import { ftraceText } from '../../parsers/ftrace-text.ts';
import { type BlockExtras, BlockTable, type Epoch } from '../trace/block-table.ts';
import { type Columns, sharedColumns } from '../trace/columns.ts';

/** Memory of the rows of one block, their columns. */
export interface BlockMemory {
  readonly columns: SharedArrayBuffer;
  readonly rows: number;
}

/** A stream begins: what its blocks are read from. */
export interface BeginStream {
  readonly format: string;
  readonly state: StreamState;
  readonly epoch: Epoch;
  readonly memory: readonly BlockMemory[];
}

/** A block to read into memory number `slot`: the first `bytes` of the lines, `offset` bytes into the stream. */
export interface ReadBlock {
  readonly slot: number;
  /** Handed over and back, not shared: copies into shared memory take V8 four times as long. */
  readonly lines: ArrayBuffer;
  readonly bytes: number;
  readonly offset: number;
}

/** What was read of it, and its lines; its rows are in the columns of the slot. */
export interface BlockRead {
  readonly slot: number;
  readonly lines: ArrayBuffer;
  readonly notes: BlockNotes;
  readonly extras: BlockExtras;
}

/** Formats that can be read in blocks. */
const FORMATS = [ftraceText];

/** Reads the blocks of one stream that one thread is given. */
export class BlockThread {
  readonly #columns: readonly Columns[];
  readonly #table: BlockTable;
  readonly #reader: BlockReader;

  constructor({ format, state, epoch, memory }: BeginStream) {
    this.#columns = memory.map(({ columns, rows }) => sharedColumns(columns, rows));
    this.#table = new BlockTable(epoch, this.#columns[0]!);
    this.#reader = FORMATS.find(({ name }) => name === format)!.blocks!.blockReader(this.#table, state);
  }

  /** Reads a block; the columns of its slot then hold its rows. */
  read({ slot, lines, bytes, offset }: ReadBlock): BlockRead {
    this.#table.begin(this.#columns[slot]!);
    const notes = this.#reader.read(new Uint8Array(lines, 0, bytes), offset);
    return { slot, lines, notes, extras: this.#table.end() };
  }
}

let thread: BlockThread | undefined;
parentPort?.on('message', (message: BeginStream | ReadBlock) => {
  if ('format' in message) thread = new BlockThread(message);
  else parentPort!.postMessage(thread!.read(message), [message.lines]);
});
