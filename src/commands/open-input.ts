import { type FileHandle, open, stat } from 'node:fs/promises';
import { readRange } from '../bundle/file-range.ts';
import { EXIT_CODES, IotraceError, messageOf, quoted, systemCode } from '../errors.ts';
import { gunzipFile, isGzip } from './gunzip-file.ts';

/** How much of a file is looked at to tell its format, unpacked. */
export const HEAD_BYTES = 64 * 1024;
/** Bytes of a file that are read at once, what a thread that reads them is handed. */
const READ_BYTES = 4 * 1024 * 1024;

/** A user's file, unpacked if it was gzip. */
export interface InputFile {
  /** The file as the user gave it; foreign text. */
  readonly name: string;
  /** Its first 64 KiB, or all of a smaller file. */
  readonly head: Uint8Array;
  /** How many bytes there are, where nothing has to be unpacked to know. */
  readonly bytes: number | undefined;
  /** All bytes from the start, the head included. Can be iterated once; closes the file at the end. */
  chunks(): AsyncIterable<Uint8Array>;
  /**
   * Why bytes are missing (cut or damaged gzip), a sentence's part; undefined when none are. Known for certain only when
   * `chunks` has been iterated to its end.
   */
  readonly problem: string | undefined;
  /** Closes the file; for who does not iterate `chunks` to its end. */
  close(): Promise<void>;
}

/**
 * Opens a user's file; gzip is told by its first bytes, not by its name. Throws an IotraceError naming it: 'input-stdin',
 * 'input-missing', 'input-not-a-file' (a folder, a pipe), 'input-unreadable'.
 */
export async function openInput(path: string): Promise<InputFile> {
  const handle = await openRegularFile(path);
  const input = new OpenInput(path, handle);
  await input.readHead();
  return input;
}

class OpenInput implements InputFile {
  readonly name: string;
  head: Uint8Array = new Uint8Array();
  bytes: number | undefined;
  problem: string | undefined;
  readonly #rest: AsyncGenerator<Uint8Array>;
  #pulled: Uint8Array[] = [];
  #taken = false;

  constructor(path: string, handle: FileHandle) {
    this.name = path;
    this.#rest = this.#read(handle);
  }

  async readHead(): Promise<void> {
    let bytes = 0;
    while (bytes < HEAD_BYTES) {
      const { done, value } = await this.#rest.next();
      if (done) break;
      this.#pulled.push(value);
      bytes += value.length;
    }
    this.head = Buffer.concat(this.#pulled).subarray(0, HEAD_BYTES);
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    if (this.#taken) throw new Error('the chunks of an input can be iterated once');
    this.#taken = true;
    try {
      yield* this.#pulled;
      this.#pulled = [];
      yield* this.#rest;
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    await this.#rest.return(undefined);
  }

  async *#read(handle: FileHandle): AsyncGenerator<Uint8Array> {
    try {
      const { size } = await handle.stat();
      const first = new Uint8Array(3);
      await handle.read(first, 0, first.length, 0);
      if (isGzip(first)) this.problem = yield* gunzipFile(handle, size);
      else {
        this.bytes = size;
        yield* readRange(handle, 0, HEAD_BYTES);
        yield* readRange(handle, HEAD_BYTES, Number.POSITIVE_INFINITY, Math.min(size, READ_BYTES));
      }
    } catch (cause) {
      throw unreadable(this.name, cause);
    } finally {
      await handle.close();
    }
  }
}

async function openRegularFile(path: string): Promise<FileHandle> {
  if (path === '-') {
    throw new IotraceError('input-stdin', "Input cannot be read from standard input ('-').", {
      hint: 'Files are read more than once: save it to a file and name that.',
      exitCode: EXIT_CODES.usage,
    });
  }
  try {
    // Before opening: opening a pipe without a writer would wait for ever.
    const found = await stat(path);
    if (!found.isFile()) throw notAFile(path, found.isDirectory());
    return await open(path, 'r');
  } catch (error) {
    throw error instanceof IotraceError ? error : unreadable(path, error);
  }
}

function notAFile(path: string, isDirectory: boolean): IotraceError {
  const what = isDirectory ? 'is a folder, not a file' : 'is a pipe or a device, not a file';
  return new IotraceError('input-not-a-file', `${quoted(path)} ${what}.`, {
    hint: isDirectory
      ? 'Name the files in it one by one. A folder of facts is given with --facts.'
      : 'Files are read more than once: save it to a file and name that.',
  });
}

/** Why a file could not be read to its end: what the system says in words; anything else is an error of this program, as it is. */
export function readingError(path: string, cause: unknown): unknown {
  return systemCode(cause) === undefined ? cause : unreadable(path, cause);
}

function unreadable(path: string, cause: unknown): IotraceError {
  if (systemCode(cause) === 'ENOENT') {
    return new IotraceError('input-missing', `There is no file ${quoted(path)}.`, {
      hint: 'Check the name and the folder you are in.',
      cause,
    });
  }
  return new IotraceError('input-unreadable', `${quoted(path)} cannot be read: ${messageOf(cause)}.`, {
    hint: 'Check your right to read it, and the disk it is on.',
    cause,
  });
}
