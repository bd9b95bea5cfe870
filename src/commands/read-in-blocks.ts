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
}

/**
 * Reads one stream into a table by several threads. The table is the one that a single thread makes: blocks are joined in
 * their order, and from the first on that cannot be read by itself this thread reads all.
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
    if (blocks === undefined) {
      stream.push(chunk);
      offset += chunk.length;
      blocks = beginBlocks(format, stream, builder, threads, offset);
    } else await blocks.push(chunk);
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
  /** Lines by slot; those of a block that is read are with its thread. */
  readonly #lines: Buffer[];
  /** Ids in the table of each thread's strings. */
  readonly #ids: readonly number[][];
  readonly #free: number[];
  #underWay: UnderWay[] = [];
  /** The slot that is filled, how far, and where it begins in the stream. */
  #slot = 0;
  #filled = 0;
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
    this.#lines = threads.memory.map(() => Buffer.from(new ArrayBuffer(threads.blockBytes)));
    this.#ids = Array.from({ length: threads.count }, () => [0]);
    this.#free = threads.memory.map((_, slot) => slot).slice(1);
    this.#lines[0]!.set(rest);
    this.#filled = rest.length;
    this.#offset = offset;
  }

  async push(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      if (this.#alone) return this.#stream.push(chunk.subarray(at));
      const lines = this.#lines[this.#slot]!;
      const taken = Math.min(chunk.length - at, lines.length - this.#filled);
      lines.set(chunk.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === lines.length) await this.#sendFilled();
    }
  }

  /** The stream has ended: joins what is under way; the last lines are read here. */
  async finish(): Promise<void> {
    while (this.#underWay.length > 0) await this.#joinNext();
    this.#readFilled();
  }

  /** Sends the whole lines of the slot that is full, and goes on in another one. */
  async #sendFilled(): Promise<void> {
    const lines = this.#lines[this.#slot]!;
    const bytes = lines.lastIndexOf(LINE_FEED) + 1;
    if (bytes === 0) return this.#goOnAlone();
    const rest = Uint8Array.from(lines.subarray(bytes));
    const block = { slot: this.#slot, lines: lines.buffer as ArrayBuffer, bytes, offset: this.#offset };
    this.#underWay.push({ slot: block.slot, bytes, read: this.#threads.read(block) });
    while (this.#free.length === 0) await this.#joinNext();
    this.#slot = this.#free.shift()!;
    this.#lines[this.#slot]!.set(rest);
    this.#filled = rest.length;
    this.#offset += bytes;
    if (this.#alone) await this.#goOnAlone();
  }

  /** Joins the block that comes next in the stream. */
  async #joinNext(): Promise<void> {
    const { slot, bytes, read } = this.#underWay.shift()!;
    const { lines, notes, extras } = await read;
    this.#lines[slot] = Buffer.from(lines);
    if (this.#alone || !notes.holds || extras.overflows) {
      this.#alone = true;
      this.#stream.push(this.#lines[slot]!.subarray(0, bytes));
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
    this.#readFilled();
  }

  /** Reads here what is left in the slot. */
  #readFilled(): void {
    this.#stream.push(this.#lines[this.#slot]!.subarray(0, this.#filled));
    this.#filled = 0;
  }
}
