import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { HEAD_BYTES, type InputFile, openInput } from '../../src/commands/open-input.ts';
import { EXIT_CODES } from '../../src/errors.ts';
import { collect, inFolder } from '../bundle/in-folder.ts';

/** Text that does not pack well, larger than the head. */
const TEXT = Buffer.from(
  Array.from({ length: 30_000 }, (_, i) => `${((i * 2654435761) >>> 0).toString(36)} ${i}\n`).join(''),
);

async function opened<T>(bytes: Uint8Array, use: (input: InputFile) => Promise<T>): Promise<T> {
  const results: T[] = [];
  await inFolder(async (folder) => {
    const path = join(folder, 'whatever.gz');
    await writeFile(path, bytes);
    const input = await openInput(path);
    expect(input.name).toBe(path);
    results.push(await use(input));
    await input.close();
  });
  return results[0]!;
}

const read = (bytes: Uint8Array) =>
  opened(bytes, async (input) => {
    const head = Buffer.from(input.head);
    const all = await collect(input.chunks());
    expect(head.equals(all.subarray(0, HEAD_BYTES))).toBe(true);
    return { all, problem: input.problem };
  });

describe('openInput', () => {
  it.each([
    ['plain', TEXT],
    ['gzip', gzipSync(TEXT)],
    ['gzip of several members', Buffer.concat([gzipSync(TEXT.subarray(0, 9)), gzipSync(TEXT.subarray(9))])],
    ['gzip of an empty member and another', Buffer.concat([gzipSync(''), gzipSync(TEXT)])],
    ['gzip padded with zeros', Buffer.concat([gzipSync(TEXT), Buffer.alloc(1000)])],
  ])('reads %s whole, whatever its name, after its head was looked at', async (_, bytes) => {
    const { all, problem } = await read(bytes);
    expect(all.equals(TEXT)).toBe(true);
    expect(problem).toBeUndefined();
  });

  it('reads what the gzip program writes, with a name in the header', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'host.trace');
      await writeFile(path, TEXT);
      execFileSync('gzip', [path]);
      const input = await openInput(`${path}.gz`);
      expect((await collect(input.chunks())).equals(TEXT)).toBe(true);
      expect(input.problem).toBeUndefined();
    });
  });

  it('reads headers with extra field, comment and header CRC', async () => {
    const packed = gzipSync(TEXT);
    const optional = Buffer.from('\u0003\u0000abcname\0a comment\0hc');
    const bytes = Buffer.concat([packed.subarray(0, 10), optional, packed.subarray(10)]);
    bytes[3] = 0x1e;
    const { all, problem } = await read(bytes);
    expect(problem).toBeUndefined();
    expect(all.equals(TEXT)).toBe(true);
  });

  it('gives what came before a cut, the same every time, and reports it', async () => {
    const packed = gzipSync(TEXT);
    for (const length of [packed.length - 1, packed.length - 8, packed.length - 9, 100_000, 30, 11]) {
      const { all, problem } = await read(packed.subarray(0, length));
      expect(problem).toContain(`cut before its end (${all.length} bytes unpacked)`);
      expect(TEXT.subarray(0, all.length).equals(all)).toBe(true);
      expect(all.length / TEXT.length).toBeGreaterThan(length / packed.length - 0.1);
      expect((await read(packed.subarray(0, length))).all.length).toBe(all.length);
    }
    expect(await read(packed.subarray(0, 5))).toMatchObject({ problem: expect.stringContaining('header') });
  });

  it('gives what came before damage, the same every time, and reports it', async () => {
    const damaged = gzipSync(TEXT);
    damaged.fill(0xff, 100_000, 104_000);
    const first = await read(damaged);
    expect(first.problem).toMatch(/damaged|CRC-32/);
    // zlib's last piece, of up to 64 KiB, is lost with the error.
    const sound = TEXT.subarray(0, (100_000 / damaged.length) * TEXT.length - 70_000);
    expect(sound.length).toBeGreaterThan(100_000);
    expect(first.all.subarray(0, sound.length).equals(sound)).toBe(true);
    expect((await read(damaged)).all.length).toBe(first.all.length);
    const wrongCrc = gzipSync(TEXT);
    wrongCrc[wrongCrc.length - 8]! ^= 1;
    expect((await read(wrongCrc)).problem).toContain('CRC-32');
    const wrongSize = gzipSync(TEXT);
    wrongSize[wrongSize.length - 1]! ^= 1;
    expect((await read(wrongSize)).problem).toContain('size');
  });

  it('reports bytes behind gzip that are none', async () => {
    const { all, problem } = await read(Buffer.concat([gzipSync(TEXT), Buffer.from('rest')]));
    expect(all.equals(TEXT)).toBe(true);
    expect(problem).toContain('the 4 bytes');
  });

  it('reads an empty file, and one byte', async () => {
    expect((await read(Buffer.alloc(0))).all.length).toBe(0);
    expect((await read(Buffer.from([0x1f]))).all.length).toBe(1);
  });

  it('gives its chunks once', () =>
    opened(TEXT, async (input) => {
      await collect(input.chunks());
      await expect(collect(input.chunks())).rejects.toThrow('once');
    }));

  it('names what it cannot open, and does not wait for a pipe', () =>
    inFolder(async (folder) => {
      const [missing, dir, pipe] = ['missing', 'dir', 'pipe'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      await mkdir(dir);
      execFileSync('mkfifo', [pipe]);
      const error = (path: string) => openInput(path).catch((thrown: unknown) => thrown);
      expect(await error(missing)).toMatchObject({
        code: 'input-missing',
        message: expect.stringContaining(missing),
      });
      expect(await error(dir)).toMatchObject({
        code: 'input-not-a-file',
        message: expect.stringContaining(dir),
      });
      expect(await error(pipe)).toMatchObject({
        code: 'input-not-a-file',
        message: expect.stringContaining(pipe),
      });
      expect(await error('-')).toMatchObject({ code: 'input-stdin', exitCode: EXIT_CODES.usage });
    }));
});
