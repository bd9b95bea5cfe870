/**
 * Threads that read a file each. They can be begun before it is known what is wanted of the files: loading the rest of the program
 * takes as long as reading some hundred megabytes. Imports next to nothing, therefore.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { hasPerfMagic } from '../../parsers/perf-data/file-header.ts';
import { inPackage } from '../package-root.ts';
import type { FileRead, FileToRead } from './file-thread.ts';

/** Below this a file is read before a thread has started and warmed up. */
export const LEAST_BYTES = 64 * 2 ** 20;
/** Streams of fewer bytes are read and followed at once, in less than 1 GiB of memory; others in slices of time. */
export const MOST_BYTES_AT_ONCE = 1.125 * 2 ** 30;
/** What a thread makes beside its table is gone at once: more room for that would only be filled. */
const YOUNG_MB = 4;
const BUILT_ENTRY = inPackage('dist/bin/file-thread.js');
/** Enough to tell perf.data. */
const HEAD_BYTES = 4096;

/** A thread that reads a file. What it says is kept until somebody listens. */
export class FileThread {
  readonly #worker: Worker;
  #said: FileRead[] = [];
  #failure: Error | undefined;
  #hears = (said: FileRead): void => void this.#said.push(said);
  #fails = (error: Error): void => {
    this.#failure ??= error;
  };

  constructor(workerData: FileToRead) {
    // Options of Node itself are for the program's own thread.
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
    this.#worker = new Worker(BUILT_ENTRY, { workerData, execArgv: [], resourceLimits });
    this.#worker.on('message', (said: FileRead) => this.#hears(said));
    this.#worker.on('error', (error) => this.#fails(error));
  }

  /** Hands over what the thread has said and will say, and why it failed, if it does. */
  listen(hears: (said: FileRead) => void, fails: (error: Error) => void): void {
    for (const said of this.#said) hears(said);
    this.#said = [];
    if (this.#failure !== undefined) fails(this.#failure);
    this.#hears = hears;
    this.#fails = fails;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Threads that nobody has taken yet, by file. */
const begun = new Map<string, FileThread>();

/** Begins to read what of these files will be read by threads: large perf.data, where all that is given is read at once. */
export function beginFiles(
  files: readonly string[],
  { leastBytes = LEAST_BYTES, cpus = availableParallelism() } = {},
): void {
  if (cpus < 2) return;
  const looked = files.map((file) => lookAt(file));
  const bytes = looked.reduce((sum, one) => sum + (one?.bytes ?? 0), 0);
  if (bytes >= MOST_BYTES_AT_ONCE) return;
  for (const [index, file] of files.entries()) {
    const one = looked[index];
    if (one === undefined || one.bytes < leastBytes || !one.isPerfData || begun.has(resolve(file))) continue;
    begun.set(resolve(file), new FileThread({ file, format: 'perf.data' }));
  }
}

/** The thread that was begun for a file of a format, if one was; whoever takes it ends it. */
export function takeBegun(file: string, format: string): FileThread | undefined {
  const thread = format === 'perf.data' ? begun.get(resolve(file)) : undefined;
  if (thread !== undefined) begun.delete(resolve(file));
  return thread;
}

/** Ends the threads that nobody has taken. */
export async function endBegun(): Promise<void> {
  const threads = [...begun.values()];
  begun.clear();
  await Promise.all(threads.map((thread) => thread.end()));
}

/** Undefined where it cannot be read, which whoever reads it says. */
function lookAt(file: string): { readonly bytes: number; readonly isPerfData: boolean } | undefined {
  try {
    const handle = openSync(file, 'r');
    try {
      const stats = fstatSync(handle);
      if (!stats.isFile()) return undefined;
      const head = new Uint8Array(HEAD_BYTES);
      const length = readSync(handle, head, 0, HEAD_BYTES, 0);
      return { bytes: stats.size, isPerfData: hasPerfMagic(head.subarray(0, length)) };
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}
