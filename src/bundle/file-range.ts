import type { FileHandle } from 'node:fs/promises';
import { constants, createInflateRaw, type InflateRaw } from 'node:zlib';
import { crc32 } from './crc32.ts';

/** Bytes asked of the system at once. One such piece inflates to at most 64 MiB, which is what is held in memory. */
const READ_BYTES = 64 * 1024;

/** The bytes of an open file in [start, end), in chunks. Ends early where the file does. */
export async function* readRange(handle: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let position = start; position < end; ) {
    const chunk = await readExact(handle, position, Math.min(READ_BYTES, end - position));
    if (chunk.length === 0) return;
    position += chunk.length;
    yield chunk;
  }
}

/** Up to `length` bytes at `position`; fewer only at the end of the file. */
export async function readExact(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** How one DEFLATE stream ended. */
export interface InflateEnd {
  /** Compressed bytes it took. */
  readonly consumed: number;
  /** Bytes it gave, and their CRC-32. */
  readonly bytes: number;
  readonly crc: number;
  /** Bytes of the range follow its end. False: the range ended first, or exactly there. */
  readonly ended: boolean;
  /** What zlib said of bytes that are no DEFLATE stream; what was inflated before has been handed out. */
  readonly damage: string | undefined;
}

/**
 * Inflates the one DEFLATE stream that begins at `start`; returns how it ended, and never throws for what it holds.
 * What is handed out before damage or a cut depends on the bytes alone, not on timing: a pipeline would drop whatever
 * was buffered when zlib gives up.
 */
export async function* inflateRange(
  handle: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, InflateEnd> {
  const inflate = createInflateRaw({ chunkSize: READ_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
  let inflated: Uint8Array[] = [];
  let damage: string | undefined;
  inflate.on('data', (chunk: Uint8Array) => inflated.push(chunk));
  inflate.on('error', (error) => {
    damage = error.message;
  });
  let fed = 0;
  let bytes = 0;
  let crc = 0;
  try {
    for await (const chunk of readRange(handle, start, end)) {
      fed += chunk.length;
      await write(inflate, chunk);
      const ready = inflated;
      inflated = [];
      for (const piece of ready) {
        bytes += piece.length;
        crc = crc32(piece, crc);
        yield piece;
      }
      if (damage !== undefined || inflate.bytesWritten < fed) break;
    }
    const consumed = inflate.bytesWritten;
    return { consumed, bytes, crc, ended: damage === undefined && consumed < fed, damage };
  } finally {
    inflate.destroy();
  }
}

/** Hands every chunk to `take` and returns how the stream ended; closes it when `take` throws. */
export async function drain(
  chunks: AsyncGenerator<Uint8Array, InflateEnd>,
  take: (chunk: Uint8Array) => void,
): Promise<InflateEnd> {
  let end: InflateEnd | undefined;
  const keepEnd = async function* () {
    end = yield* chunks;
  };
  for await (const chunk of keepEnd()) take(chunk);
  return end!;
}

/** Resolves when zlib has taken the chunk or has failed; it calls no callback then, the 'error' event says why. */
function write(inflate: InflateRaw, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      inflate.off('error', done);
      resolve();
    };
    inflate.once('error', done);
    inflate.write(chunk, done);
  });
}
