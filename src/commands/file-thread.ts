/** What a thread of `read-file-aside.ts` runs: it reads one file. */
import { parentPort, workerData } from 'node:worker_threads';
import { perfData } from '../../parsers/perf-data.ts';
import type { FileRead, FileToRead } from './read-file-aside.ts';
import { readFile } from './read-source.ts';

/** Formats with `parseFile`. */
const FORMATS = [perfData];

const { file, format } = workerData as FileToRead;
const say = (message: FileRead) => parentPort!.postMessage(message);
const reader = FORMATS.find(({ name }) => name === format)!;
say({ read: readFile(file, reader, (bytes) => say({ bytes })) });
