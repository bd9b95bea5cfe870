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

/** A block to read into memory number `slot`: whole lines `offset` bytes into the stream, in parts cut anywhere. */
export interface ReadBlock {
  readonly slot: number;
  /** Each in memory of its own, which is handed over: copies into shared memory take V8 four times as long. */
  readonly lines: readonly Uint8Array[];
  readonly offset: number;
}

/** What was read of it; its rows are in the columns of the slot. */
export interface BlockRead {
  readonly slot: number;
  readonly notes: BlockNotes;
  readonly extras: BlockExtras;
}

/** Asks for the lines of the block that was read into memory number `takeBack`. */
export interface TakeBack {
  readonly takeBack: number;
}

/** They are kept until the next block is read into that memory. */
export interface TakenBack {
  readonly slot: number;
  readonly lines: readonly Uint8Array[];
}

/** Formats that can be read in blocks. */
const FORMATS = [ftraceText];

/** Reads the blocks of one stream that one thread is given. */
export class BlockThread {
  readonly #columns: readonly Columns[];
  readonly #table: BlockTable;
  readonly #reader: BlockReader;
  readonly #lines: (readonly Uint8Array[])[] = [];

  constructor({ format, state, epoch, memory }: BeginStream) {
    this.#columns = memory.map(({ columns, rows }) => sharedColumns(columns, rows));
    this.#table = new BlockTable(epoch, this.#columns[0]!);
    this.#reader = FORMATS.find(({ name }) => name === format)!.blocks!.blockReader(this.#table, state);
  }

  /** Reads a block; the columns of its slot then hold its rows. */
  read({ slot, lines, offset }: ReadBlock): BlockRead {
    this.#lines[slot] = lines;
    this.#table.begin(this.#columns[slot]!);
    const notes = this.#reader.read(lines, offset);
    return { slot, notes, extras: this.#table.end() };
  }

  /** Gives the lines of a block back. */
  takeBack({ takeBack: slot }: TakeBack): TakenBack {
    return { slot, lines: this.#lines[slot]! };
  }
}

let thread: BlockThread | undefined;
parentPort?.on('message', (message: BeginStream | ReadBlock | TakeBack) => {
  if ('format' in message) thread = new BlockThread(message);
  else parentPort!.postMessage('takeBack' in message ? thread!.takeBack(message) : thread!.read(message));
});
