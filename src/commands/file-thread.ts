/** What a thread of `read-file-aside.ts` runs: it reads one file. */
import { parentPort, workerData } from 'node:worker_threads';
import { perfData } from '../../parsers/perf-data.ts';
import { FileSource } from './file-source.ts';
import type { FileRead, FileToRead } from './read-file-aside.ts';
import { readSteps } from './read-source.ts';

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
