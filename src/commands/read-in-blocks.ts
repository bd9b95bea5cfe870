import type { BlockFormat, StreamReader } from '../../parsers/block-format.ts';
import type { ParseReport } from '../../parsers/format.ts';
import { sharedColumns } from '../trace/columns.ts';
import type { EventTableBuilder } from '../trace/event-table-builder.ts';
import type { BeginStream, BlockMemory, BlockRead, ReadBlock } from './block-thread.ts';

const LINE_FEED = 0x0a;

/** Threads that read blocks. */
export interface BlockThreads {
  readonly count: number;
  /** Bytes of a block at most. */
  readonly blockBytes: number;
  /** Memory of the blocks that can be under way at once, more than there are threads; known once a stream has begun. */
  readonly memory: readonly BlockMemory[];
  /** The number of the thread that reads the blocks in this memory. */
  threadOf(slot: number): number;
  /** Begins a stream in every thread. */
  begin(stream: Omit<BeginStream, 'memory'>): void;
  /** Has a block read; its lines are handed over. Each thread reads its blocks in the order in which they are given here. */
  read(block: ReadBlock): Promise<BlockRead>;
  /** The lines of the block that was read into this memory last. */
  takeBack(slot: number): Promise<readonly Uint8Array[]>;
}

/** So much of a stream shows what its lines depend on, if anything does. */
const BEGINNING = 65_536;

/**
 * Reads one stream into a table by several threads. The table is the one that a single thread makes: blocks are joined in
 * their order, and from the first on that cannot be read by itself this thread reads all. Chunks that are all of their memory
 * are handed over with it.
 */
export async function readInBlocks(
  format: BlockFormat,
  chunks: AsyncIterable<Uint8Array>,
  builder: EventTableBuilder,
  threads: BlockThreads,
): Promise<ParseReport> {
  const stream = format.streamReader(builder);
  let blocks: Blocks | undefined;
  let offset = 0;
  for await (const chunk of chunks) {
    let at = 0;
    for (; blocks === undefined && at < chunk.length; at += BEGINNING) {
      const beginning = chunk.subarray(at, at + BEGINNING);
      stream.push(beginning);
      offset += beginning.length;
      blocks = beginBlocks(format, stream, builder, threads, offset);
    }
    await blocks?.push(chunk.subarray(at));
  }
  await blocks?.finish();
  return stream.finish();
}

/** Blocks from here on, once the stream has shown what its lines depend on. */
function beginBlocks(
  format: BlockFormat,
  stream: StreamReader,
  builder: EventTableBuilder,
  threads: BlockThreads,
  offset: number,
): Blocks | undefined {
  const state = stream.state();
  const { epoch } = builder;
  const rest = state === undefined || epoch === undefined ? undefined : stream.takeRest();
  if (state === undefined || epoch === undefined || rest === undefined) return undefined;
  threads.begin({ format: format.name, state, epoch });
  return new Blocks(stream, builder, threads, rest, offset - rest.length);
}

/** A block that a thread reads. */
interface UnderWay {
  readonly slot: number;
  readonly bytes: number;
  readonly read: Promise<BlockRead>;
}

/** Cuts the rest of a stream into blocks, has them read, and joins them in their order. */
class Blocks {
  readonly #stream: StreamReader;
  readonly #builder: EventTableBuilder;
  readonly #threads: BlockThreads;
  /** Ids in the table of each thread's strings. */
  readonly #ids: readonly number[][];
  readonly #free: number[];
  #underWay: UnderWay[] = [];
  /** The next block: whole lines, what follows them of a line that has begun, and where it begins in the stream. */
  #lines: Uint8Array[] = [];
  #begun: Uint8Array[];
  #offset: number;
  /** A block did not hold: all that follows is read here. */
  #alone = false;

  constructor(
    stream: StreamReader,
    builder: EventTableBuilder,
    threads: BlockThreads,
    rest: Uint8Array,
    offset: number,
  ) {
    this.#stream = stream;
    this.#builder = builder;
    this.#threads = threads;
    this.#ids = Array.from({ length: threads.count }, () => [0]);
    this.#free = threads.memory.map((_, slot) => slot);
    this.#begun = [rest];
    this.#offset = offset;
  }

  async push(chunk: Uint8Array): Promise<void> {
    const { blockBytes } = this.#threads;
    // Rather two smaller blocks than one for which there may be no room.
    if (this.#lines.length > 0 && this.#waiting + chunk.length > blockBytes) await this.#send();
    if (this.#alone) return this.#stream.push(chunk);
    const own = isAllOfItsMemory(chunk) ? chunk : new Uint8Array(chunk);
    const end = own.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      this.#lines.push(...this.#begun, own.subarray(0, end));
      this.#begun = [];
    }
    // A copy: what is before it is handed over with all of its memory.
    if (end < own.length) this.#begun.push(new Uint8Array(own.subarray(end)));
    if (this.#waiting < blockBytes) return;
    if (this.#lines.length > 0) await this.#send();
    else await this.#goOnAlone();
  }

  /** The stream has ended. */
  async finish(): Promise<void> {
    if (this.#lines.length > 0) await this.#send();
    while (this.#underWay.length > 0) await this.#joinNext();
    this.#readWaiting();
  }

  /** Bytes of the next block, and of the line that has begun behind it. */
  get #waiting(): number {
    return bytesOf(this.#lines) + bytesOf(this.#begun);
  }

  /** Sends the whole lines that wait. */
  async #send(): Promise<void> {
    while (this.#free.length === 0) await this.#joinNext();
    if (this.#alone) return this.#goOnAlone();
    const slot = this.#free.shift()!;
    const bytes = bytesOf(this.#lines);
    this.#underWay.push({
      slot,
      bytes,
      read: this.#threads.read({ slot, lines: this.#lines, offset: this.#offset }),
    });
    this.#lines = [];
    this.#offset += bytes;
  }

  /** Joins the block that comes next in the stream. */
  async #joinNext(): Promise<void> {
    const { slot, bytes, read } = this.#underWay.shift()!;
    const { notes, extras } = await read;
    if (this.#alone || !notes.holds || extras.overflows) {
      this.#alone = true;
      for (const part of await this.#threads.takeBack(slot)) this.#stream.push(part);
    } else {
      const { columns, rows } = this.#threads.memory[slot]!;
      const ids = this.#ids[this.#threads.threadOf(slot)]!;
      this.#builder.addBlock(sharedColumns(columns, rows), extras, this.#stream.line, ids);
      for (const [tid, comm, tgid] of extras.tasks) this.#stream.task(tid, comm, tgid);
      this.#stream.join(notes, bytes);
    }
    this.#free.push(slot);
  }

  async #goOnAlone(): Promise<void> {
    this.#alone = true;
    while (this.#underWay.length > 0) await this.#joinNext();
    this.#readWaiting();
  }

  /** Reads here what is in no block. */
  #readWaiting(): void {
    for (const part of [...this.#lines, ...this.#begun]) this.#stream.push(part);
    this.#lines = [];
    this.#begun = [];
  }
}

function bytesOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function isAllOfItsMemory({ buffer, byteLength }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && byteLength === buffer.byteLength;
}
