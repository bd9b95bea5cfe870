/** What a thread of `file-threads.ts` runs: it reads one file. */
import { parentPort, workerData } from 'node:worker_threads';
import { perfData } from '../../parsers/perf-data.ts';
import type { Growing } from '../trace/growing-index.ts';
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

/** Formats with `parseFile`. */
const FORMATS = [perfData];

const { file, format } = workerData as FileToRead;
const say = (message: FileRead) => parentPort!.postMessage(message);
const reader = FORMATS.find(({ name }) => name === format)!;
say({
  read: await readSteps(new FileSource(file), reader, (bytes, { columns, rows }) =>
    say({ bytes, grown: { columns, rows } }),
  ),
});
