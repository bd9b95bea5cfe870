import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { inPackage } from '../package-root.ts';
import { ROW_BYTES } from '../trace/columns.ts';
import type { BeginStream, BlockMemory, BlockRead, ReadBlock, TakeBack, TakenBack } from './block-thread.ts';
import type { BlockThreads } from './read-in-blocks.ts';

/** Bytes of a block; a thread needs about ten milliseconds for it. */
const BLOCK_BYTES = 1 << 22;
/** No line that is an event is shorter. */
const LEAST_LINE_BYTES = 16;
/** What a thread makes is gone with the block it is of: more room for that would only be filled. */
const YOUNG_MB = 4;
/** More of them wait for the one thread that unpacks. */
const MOST_THREADS = 4;

/** What was built, also for who runs the sources: Node itself must be able to load it. */
const BUILT_ENTRY = inPackage('dist/bin/block-thread.js');

/** Threads that read blocks of one stream after the other. Started when first asked for; `close` ends them. */
export class ReadingThreads implements BlockThreads {
  readonly #blockBytes: number;
  readonly #entry: URL;
  readonly #most: number;
  #workers: Worker[] = [];
  #memory: BlockMemory[] = [];
  /** Who waits for the answer about a slot. */
  #waiting = new Map<number, { done: (answer: never) => void; failed: (error: Error) => void }>();
  #failure: Error | undefined;

  /** `blockBytes` are read at once, `entry` is what the threads run; there are at most `most`. */
  constructor({ blockBytes = BLOCK_BYTES, entry = BUILT_ENTRY, most = MOST_THREADS } = {}) {
    this.#blockBytes = blockBytes;
    this.#entry = entry;
    this.#most = most;
  }

  /** Whether this machine can run more than one thread at once. */
  static get isWorthIt(): boolean {
    return availableParallelism() > 1;
  }

  get blockBytes(): number {
    return this.#blockBytes;
  }

  get memory(): readonly BlockMemory[] {
    return this.#memory;
  }

  get count(): number {
    return this.#workers.length;
  }

  threadOf(slot: number): number {
    return slot % this.#workers.length;
  }

  begin(stream: Omit<BeginStream, 'memory'>): void {
    if (this.#workers.length === 0) this.#start();
    for (const worker of this.#workers) worker.postMessage({ ...stream, memory: this.#memory });
  }

  /** Rejects when its thread has failed, which nothing in a stream can make it do. */
  read(block: ReadBlock): Promise<BlockRead> {
    const read = this.#ask<BlockRead>(
      block.slot,
      block,
      block.lines.map(({ buffer }) => buffer as ArrayBuffer),
    );
    // A failure is met when the block's turn comes, which may be never.
    read.catch(() => undefined);
    return read;
  }

  async takeBack(slot: number): Promise<readonly Uint8Array[]> {
    const { lines } = await this.#ask<TakenBack>(slot, { takeBack: slot }, []);
    return lines;
  }

  #ask<Answer>(slot: number, message: ReadBlock | TakeBack, handedOver: ArrayBuffer[]): Promise<Answer> {
    return new Promise<Answer>((done, failed) => {
      if (this.#failure !== undefined) return failed(this.#failure);
      this.#waiting.set(slot, { done, failed });
      this.#workers[this.threadOf(slot)]!.postMessage(message, handedOver);
    });
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
    this.#workers = [];
  }

  #start(): void {
    const threads = Math.min(this.#most, availableParallelism());
    // Two for each thread, one that is read and one that waits; one that is filled.
    this.#memory = Array.from({ length: threads * 2 + 1 }, () => {
      const rows = Math.ceil(this.#blockBytes / LEAST_LINE_BYTES);
      return {
        columns: new SharedArrayBuffer(rows * ROW_BYTES),
        rows,
      };
    });
    for (let i = 0; i < threads; i++) {
      // Options of Node itself are for the program's own thread.
      const worker = new Worker(this.#entry, {
        execArgv: [],
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      });
      worker.on('message', (answer: BlockRead | TakenBack) => {
        const { done } = this.#waiting.get(answer.slot)!;
        this.#waiting.delete(answer.slot);
        done(answer as never);
      });
      worker.on('error', (error) => this.#fail(error));
      this.#workers.push(worker);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { failed } of this.#waiting.values()) failed(error);
    this.#waiting.clear();
  }
}
