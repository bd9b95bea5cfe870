import { availableParallelism } from 'node:os';
import type { Format } from '../../parsers/format.ts';
import { GrowingIndex } from '../trace/growing-index.ts';
import { FileSource } from './file-source.ts';
import { FileThread, LEAST_BYTES, takeBegun } from './file-threads.ts';
import { type ReadStream, readSteps } from './read-source.ts';

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
    cpus = availableParallelism(),
    signal = undefined as AbortSignal | undefined,
  } = {},
): Promise<ReadStream> {
  if (bytes < leastBytes || cpus < 2) return readSteps(new FileSource(file), format, onBytes);
  const thread = takeBegun(file, format.name) ?? new FileThread({ file, format: format.name });
  try {
    const index = new GrowingIndex();
    let heard = 0;
    const read = await new Promise<ReadStream>((done, failed) => {
      signal?.addEventListener('abort', () => failed(signal.reason), { once: true });
      thread.listen((said) => {
        if ('read' in said) return done(said.read);
        onBytes(said.bytes);
        heard += said.bytes;
        index.add(said.grown, heard / bytes);
      }, failed);
    });
    index.finish(read.events);
    return read;
  } finally {
    await thread.end();
  }
}
