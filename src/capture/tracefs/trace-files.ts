import { constants, readSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IotraceError, systemCode } from '../../errors.ts';

/** The kernel's tracing file system, or a drawn one in tests. Paths are relative to its root. */
export interface TraceFiles {
  readonly root: string;
  read(path: string): Promise<string>;
  /** Replaces what the file holds; the kernel may refuse with EINVAL, EBUSY, EPERM … */
  write(path: string, text: string): Promise<void>;
  /** Adds a line to what the file holds. For lists of probes, which `write` would empty. */
  append(path: string, line: string): Promise<void>;
  has(path: string): Promise<boolean>;
  list(path: string): Promise<readonly string[]>;
  makeFolder(path: string): Promise<void>;
  removeFolder(path: string): Promise<void>;
  openPipe(path: string): Promise<TracePipe>;
  openStats(path: string): Promise<TraceStats>;
  openMarker(path: string): Promise<TraceMarker>;
}

/** An open trace_marker. */
export interface TraceMarker {
  /** Writes a mark before it returns, so that several can be close together. Throws what the kernel says. */
  write(text: string): void;
  close(): Promise<void>;
}

/** An open trace_pipe: what is read is gone from the kernel's buffer. */
export interface TracePipe {
  /** Reads whole lines into the buffer; 0 when there are none now. Never waits, so it need not be asynchronous. */
  read(buffer: Uint8Array, offset: number): number;
  close(): Promise<void>;
}

/** An open `stats` of a CPU, asked four times a second for each: opened anew each time it would take sixty times as long. */
export interface TraceStats {
  /** What it says now. Never waits. */
  text(): string;
  close(): Promise<void>;
}

/** Where tracefs is mounted: by itself since Linux 4.1, below debugfs for compatibility. */
export const TRACEFS_PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const;

/**
 * Finds tracefs and checks that instances may be made in it. Throws an IotraceError with the remedy when this is
 * another system than Linux, tracefs is not mounted, or the user may not use it.
 */
export async function findTracefs(places: readonly string[] = TRACEFS_PLACES): Promise<TraceFiles> {
  if (process.platform !== 'linux')
    throw new IotraceError('record-not-linux', `Recording needs Linux; this is ${process.platform}.`, {
      hint: 'Record on the Linux machine; bundles can be reported anywhere.',
    });
  const isRoot = process.geteuid?.() === 0;
  for (const root of places) {
    const files = traceFilesAt(root);
    if ((await files.has('instances')) && (await files.has('events'))) {
      if (isRoot) return files;
      break;
    }
  }
  if (!isRoot)
    throw new IotraceError(
      'record-not-root',
      'Recording needs root: only root may use the kernel’s tracer.',
      {
        hint: 'Run it again with sudo.',
      },
    );
  throw new IotraceError(
    'tracefs-not-mounted',
    `The kernel’s tracer (tracefs) is not at ${places.join(' or ')}.`,
    {
      hint: 'Mount it: mount -t tracefs tracefs /sys/kernel/tracing. If that fails the kernel has no tracing (CONFIG_FTRACE, CONFIG_BLK_DEV_IO_TRACE).',
    },
  );
}

/** The files below a folder. */
export function traceFilesAt(root: string): TraceFiles {
  const at = (path: string) => join(root, path);
  return {
    root,
    read: (path) => readFile(at(path), 'utf8'),
    write: (path, text) => writeFile(at(path), text),
    append: (path, line) => writeFile(at(path), `${line}\n`, { flag: 'a' }),
    has: (path) =>
      stat(at(path)).then(
        () => true,
        () => false,
      ),
    list: (path) => readdir(at(path)),
    makeFolder: (path) => mkdir(at(path), { mode: 0o700 }),
    removeFolder: (path) => rmdir(at(path)),
    openMarker: async (path) => marker(await open(at(path), 'w')),
    openStats: async (path) => statistics(await open(at(path), constants.O_RDONLY)),
    openPipe: async (path) => pipe(await open(at(path), constants.O_RDONLY | constants.O_NONBLOCK)),
  };
}

function marker(handle: FileHandle): TraceMarker {
  return {
    write: (text) => void writeSync(handle.fd, text),
    close: () => handle.close(),
  };
}

/** A line a number, ten of them (kernel/trace/trace.c `tracing_stats_read`). */
const STATS_BYTES = 1024;

function statistics(handle: FileHandle): TraceStats {
  const buffer = Buffer.alloc(STATS_BYTES);
  return {
    text: () => buffer.toString('latin1', 0, readSync(handle.fd, buffer, 0, buffer.length, 0)),
    close: () => handle.close(),
  };
}

function pipe(handle: FileHandle): TracePipe {
  return {
    read(buffer, offset) {
      try {
        return readSync(handle.fd, buffer, offset, buffer.length - offset, null);
      } catch (error) {
        if (systemCode(error) === 'EAGAIN') return 0;
        throw error;
      }
    },
    close: () => handle.close(),
  };
}
