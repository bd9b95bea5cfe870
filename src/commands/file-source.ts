import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from '../../parsers/perf-data/byte-source.ts';

/** Opens a file to be read at any place, hands it over, and closes it. Throws what the system says. */
export function withFileSource<Result>(file: string, use: (source: FileSource) => Result): Result {
  const source = new FileSource(file);
  try {
    return use(source);
  } finally {
    source.close();
  }
}

/** Bytes at any place, for who reads in steps. */
export interface SteppedSource extends ByteSource {
  /** The end of the window that lies furthest behind. */
  readonly reached: number;
  /** Waits until the next step can be made. Rejects with what the system says. */
  ready(): Promise<void>;
  close(): void | Promise<void>;
}

/** A file that is open. Throws what the system says, when it is opened and when it is read, as `asError` puts it. */
export class FileSource implements SteppedSource {
  readonly length: number;
  reached = 0;
  readonly #handle: number;
  readonly #asError: (cause: unknown) => unknown;
  #window = new Uint8Array();
  #isOpen = true;

  constructor(file: string, asError: (cause: unknown) => unknown = (cause) => cause) {
    this.#asError = asError;
    this.#handle = this.#named(() => openSync(file, 'r'));
    this.length = this.#named(() => fstatSync(this.#handle).size);
  }

  readAt(offset: number, length: number): Uint8Array {
    return this.#fill(new Uint8Array(this.#there(offset, length)), offset);
  }

  window(offset: number, length: number): Uint8Array {
    const there = this.#there(offset, length);
    if (this.#window.length < there) this.#window = new Uint8Array(there);
    const bytes = this.#fill(this.#window.subarray(0, there), offset);
    this.reached = Math.max(this.reached, offset + bytes.length);
    return bytes;
  }

  async ready(): Promise<void> {}

  close(): void {
    if (this.#isOpen) closeSync(this.#handle);
    this.#isOpen = false;
  }

  #there(offset: number, length: number): number {
    return Math.max(0, Math.min(length, this.length - offset));
  }

  #fill(bytes: Uint8Array, offset: number): Uint8Array {
    let filled = 0;
    while (filled < bytes.length) {
      const read = this.#named(() =>
        readSync(this.#handle, bytes, filled, bytes.length - filled, offset + filled),
      );
      if (read === 0) break;
      filled += read;
    }
    return bytes.subarray(0, filled);
  }

  #named<Result>(use: () => Result): Result {
    try {
      return use();
    } catch (cause) {
      throw this.#asError(cause);
    }
  }
}
