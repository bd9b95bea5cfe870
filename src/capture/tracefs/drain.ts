/**
 * Empties the kernel's buffers into one file for each CPU and instance, as the kernel prints them. One file a CPU,
 * because only a CPU's own events are printed in order while they are being written.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { TracePipe, TraceStats } from './trace-files.ts';
import { statOf, type TraceInstance } from './trace-instance.ts';

/** Kept text of one CPU. */
export interface DrainedStream {
  /** `disk-cpu0.trace` */
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly instance: TraceInstance;
  readonly cpu: number;
}

const BUFFER_BYTES = 256 * 1024;
/** Filled so far, the buffer is written: the next piece may not fit any more. */
const ENOUGH_BYTES = BUFFER_BYTES - 16 * 1024;

interface Tap {
  readonly name: string;
  readonly instance: TraceInstance;
  readonly cpu: number;
  readonly pipe: TracePipe;
  readonly stats: TraceStats;
  readonly file: string;
  output: FileHandle | undefined;
  bytes: number;
}

/** All pipes of some instances. Its methods reject when the text cannot be written (a full disk). */
export class Drain {
  readonly #taps: Tap[] = [];
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  readonly #maxBytes: number;
  #bytes = 0;
  #behind = false;

  /** `maxBytes`: most text that is kept, all files together. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Opens the pipes of an instance; `label` begins the files' names in `folder`. */
  async open(instance: TraceInstance, label: string, folder: string): Promise<void> {
    for (const cpu of await instance.cpus()) {
      const name = `${label}-cpu${cpu}.trace`;
      const own = { pipe: await instance.pipe(cpu), stats: await instance.stats(cpu) };
      this.#taps.push({ name, instance, cpu, ...own, file: join(folder, name), output: undefined, bytes: 0 });
    }
  }

  /** True when no more text may be kept. */
  get full(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  /** True when the last pass left text behind. */
  get behind(): boolean {
    return this.#behind;
  }

  /** Whether so many bytes, or more, wait in one of the buffers. */
  hasWaiting(bytes: number): boolean {
    return this.#taps.some(({ stats }) => statOf(stats.text(), 'bytes') >= bytes);
  }

  /** Reads each pipe once around, up to a buffer full. Returns the bytes read. */
  async pass(): Promise<number> {
    const before = this.#bytes;
    this.#behind = false;
    for (const tap of this.#taps) {
      if (this.full) break;
      // Once around before the first comes again: a CPU that writes faster than we read must not hold up the others.
      const filled = this.#fill(tap);
      if (filled === 0) continue;
      this.#behind ||= filled >= ENOUGH_BYTES;
      tap.output ??= await open(tap.file, 'wx', 0o600);
      await tap.output.writeFile(this.#buffer.subarray(0, filled));
      tap.bytes += filled;
      this.#bytes += filled;
    }
    return this.#bytes - before;
  }

  /** Reads what is left when nothing writes any more. */
  async rest(): Promise<void> {
    while (!this.full && (await this.pass()) > 0);
  }

  /** Closes everything; the files stay. Streams without an event are left out. */
  async close(): Promise<DrainedStream[]> {
    const taps = this.#taps.splice(0);
    for (const tap of taps) {
      await tap.pipe.close();
      await tap.stats.close();
      await tap.output?.close();
    }
    return taps
      .filter(({ bytes }) => bytes > 0)
      .map(({ name, file, bytes, instance, cpu }) => ({ name, file, bytes, instance, cpu }));
  }

  /**
   * The kernel gives at most some kilobytes at a time. Read on this thread: handing each piece to another one and back
   * takes more of the CPU that the traced requests need.
   */
  #fill(tap: Tap): number {
    let filled = 0;
    while (filled < ENOUGH_BYTES) {
      const read = tap.pipe.read(this.#buffer, filled);
      if (read === 0) break;
      filled += read;
    }
    return filled;
  }
}
