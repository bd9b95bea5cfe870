import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRange } from '../../src/bundle/file-range.ts';

const folder = mkdtempSync(join(tmpdir(), 'iotrace-range-'));
const file = join(folder, 'bytes');
const BYTES = Uint8Array.from({ length: 1000 }, (_, at) => at & 0xff);
writeFileSync(file, BYTES);
afterAll(() => rmSync(folder, { recursive: true }));

async function withFile(use: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}

describe('the bytes of a file in chunks', () => {
  it.each([
    [0, 1000],
    [10, 990],
    [900, Number.POSITIVE_INFINITY],
    [500, 500],
    [2000, Number.POSITIVE_INFINITY],
    [700, 600],
  ])('from %d up to %d', async (start, end) => {
    await withFile(async (handle) => {
      for (const size of [1, 7, 250, 4096]) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of readRange(handle, start, end, size)) chunks.push(chunk);
        expect(Buffer.concat(chunks).equals(BYTES.subarray(start, Math.max(start, end)))).toBe(true);
        expect(chunks.every(({ length }) => length > 0 && length <= size)).toBe(true);
      }
    });
  });

  it('can be left early: the file is closed under no read', async () => {
    await withFile(async (handle) => {
      for await (const chunk of readRange(handle, 0, 1000, 10)) if (chunk[0] === 30) break;
    });
  });

  it('a read that fails is thrown when it is its turn, not before', async () => {
    let reads = 0;
    const failing = {
      read: async (buffer: Buffer, at: number, length: number) => {
        if (reads++ === 1) throw new Error('read error');
        buffer.fill(7, at, at + length);
        return { bytesRead: length, buffer };
      },
    } as unknown as FileHandle;
    const chunks = readRange(failing, 0, 1000, 10);
    expect((await chunks.next()).value).toHaveLength(10);
    // Long enough for an error that nobody takes to end the process.
    await new Promise((later) => setTimeout(later, 10));
    await expect(chunks.next()).rejects.toThrow('read error');
  });
});
