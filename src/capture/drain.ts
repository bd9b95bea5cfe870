/**
 * Empties the kernel's buffers into one file for each CPU and instance, as the kernel prints them. One file a CPU,
 * because only a CPU's own events are printed in order while they are being written.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { TraceInstance } from './trace-instance.ts';
import type { TracePipe } from './trace-files.ts';

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

interface Tap {
  readonly name: string;
  readonly instance: TraceInstance;
  readonly cpu: number;
  readonly pipe: TracePipe;
  readonly file: string;
  output: FileHandle | undefined;
  bytes: number;
}

/** All pipes of some instances. */
export class Drain {
  readonly #taps: Tap[] = [];
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  readonly #maxBytes: number;
  #bytes = 0;

  /** `maxBytes`: most text that is kept, all files together. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Opens the pipes of an instance; `label` begins the files' names in `folder`. */
  async open(instance: TraceInstance, label: string, folder: string): Promise<void> {
    for (const cpu of await instance.cpus()) {
      const name = `${label}-cpu${cpu}.trace`;
      const pipe = await instance.pipe(cpu);
      this.#taps.push({ name, instance, cpu, pipe, file: join(folder, name), output: undefined, bytes: 0 });
    }
  }

  /** True when no more text may be kept. */
  get full(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  /** Reads each pipe until it is empty. Returns the bytes read. */
  async pass(): Promise<number> {
    const before = this.#bytes;
    for (const tap of this.#taps) {
      // With the buffer's own size as limit a CPU that writes faster than we read cannot hold up the others.
      for (let filled = await this.#fill(tap); filled > 0 && !this.full; filled = await this.#fill(tap)) {
        tap.output ??= await open(tap.file, 'wx', 0o600);
        await tap.output.writeFile(this.#buffer.subarray(0, filled));
        tap.bytes += filled;
        this.#bytes += filled;
        if (filled < BUFFER_BYTES / 2) break;
      }
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
      await tap.output?.close();
    }
    return taps
      .filter(({ bytes }) => bytes > 0)
      .map(({ name, file, bytes, instance, cpu }) => ({ name, file, bytes, instance, cpu }));
  }

  /** The kernel gives at most some kilobytes at a time. */
  async #fill(tap: Tap): Promise<number> {
    let filled = 0;
    while (filled < BUFFER_BYTES - 16_384) {
      const read = await tap.pipe.read(this.#buffer, filled);
      if (read === 0) break;
      filled += read;
    }
    return filled;
  }
}
