import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Format } from '../../parsers/format.ts';
import { inPackage } from '../package-root.ts';
import { type Growing, GrowingIndex } from '../trace/growing-index.ts';
import { FileSource } from './file-source.ts';
import { type ReadStream, readSteps } from './read-source.ts';

/** What the thread is given. */
export interface FileToRead {
  readonly file: string;
  /** Name of a format with `parseFile`. */
  readonly format: string;
}

/** What it says: how many more bytes it has read, and what its table has grown to; in the end what it made of all. */
export type FileRead = { readonly bytes: number; readonly grown: Growing } | { readonly read: ReadStream };

/** Below this a file is read before a thread has started and warmed up. */
const LEAST_BYTES = 64 * 2 ** 20;
/** What a thread makes beside its table is gone at once: more room for that would only be filled. */
const YOUNG_MB = 4;
const BUILT_ENTRY = inPackage('dist/bin/file-thread.js');

/**
 * Reads a file of a format with `parseFile` in a thread of its own, where that is worth it: other streams can be read meanwhile.
 * `onBytes` hears how many more bytes were read. Rejects when the file cannot be read; the thread ends when the signal is given.
 */
export async function readFileAside(
  file: string,
  format: Format,
  bytes: number,
  onBytes: (bytes: number) => void,
  {
    leastBytes = LEAST_BYTES,
    entry = BUILT_ENTRY,
    cpus = availableParallelism(),
    signal = undefined as AbortSignal | undefined,
  } = {},
): Promise<ReadStream> {
  if (bytes < leastBytes || cpus < 2) return readSteps(new FileSource(file), format, onBytes);
  const workerData: FileToRead = { file, format: format.name };
  const worker = new Worker(entry, {
    workerData,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  try {
    const index = new GrowingIndex();
    let heard = 0;
    const read = await new Promise<ReadStream>((done, failed) => {
      worker.on('message', (said: FileRead) => {
        if ('read' in said) return done(said.read);
        onBytes(said.bytes);
        heard += said.bytes;
        index.add(said.grown, heard / bytes);
      });
      worker.on('error', failed);
      signal?.addEventListener('abort', () => failed(signal.reason), { once: true });
    });
    index.finish(read.events);
    return read;
  } finally {
    await worker.terminate();
  }
}
