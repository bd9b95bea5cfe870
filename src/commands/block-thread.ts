/** A thread that reads blocks of a stream for `read-in-blocks.ts`: bytes and columns in memory that both see, the rest in messages. */
import { parentPort } from 'node:worker_threads';
import type { BlockNotes, BlockReader, StreamState } from '../../parsers/block-format.ts';
import { ftraceText } from '../../parsers/ftrace-text.ts';
import { type BlockExtras, BlockTable, type Epoch } from '../trace/block-table.ts';
import { type Columns, sharedColumns } from '../trace/columns.ts';

/** Memory of one block: its lines, and the columns of its rows. */
export interface BlockMemory {
  readonly lines: SharedArrayBuffer;
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

/** A block to read: `bytes` of the lines in memory number `slot`, `offset` bytes into the stream. */
export interface ReadBlock {
  readonly slot: number;
  readonly bytes: number;
  readonly offset: number;
}

/** What was read of it; its rows are in the columns of the slot. */
export interface BlockRead {
  readonly slot: number;
  readonly notes: BlockNotes;
  readonly extras: BlockExtras;
}

/** Formats that can be read in blocks. */
const FORMATS = [ftraceText];

/** Reads the blocks of one stream that one thread is given. */
export class BlockThread {
  readonly #lines: readonly Uint8Array[];
  readonly #columns: readonly Columns[];
  readonly #table: BlockTable;
  readonly #reader: BlockReader;

  constructor({ format, state, epoch, memory }: BeginStream) {
    this.#lines = memory.map(({ lines }) => new Uint8Array(lines));
    this.#columns = memory.map(({ columns, rows }) => sharedColumns(columns, rows));
    this.#table = new BlockTable(epoch, this.#columns[0]!);
    this.#reader = FORMATS.find(({ name }) => name === format)!.blocks!.blockReader(this.#table, state);
  }

  /** Reads a block; the columns of its slot then hold its rows. */
  read({ slot, bytes, offset }: ReadBlock): BlockRead {
    this.#table.begin(this.#columns[slot]!);
    const notes = this.#reader.read(this.#lines[slot]!.subarray(0, bytes), offset);
    return { slot, notes, extras: this.#table.end() };
  }
}

let thread: BlockThread | undefined;
parentPort?.on('message', (message: BeginStream | ReadBlock) => {
  if ('format' in message) thread = new BlockThread(message);
  else parentPort!.postMessage(thread!.read(message));
});
