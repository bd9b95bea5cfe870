/** Threads that read files before somebody asks for what they read. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, expect, it } from 'vitest';
import { perfData } from '../../parsers/perf-data.ts';
import { beginFiles, endBegun, MOST_BYTES_AT_ONCE, takeBegun } from '../../src/commands/file-threads.ts';
import { readFileAside } from '../../src/commands/read-file-aside.ts';

const FIXTURE = new URL('../fixtures/perf-data/vblk-aio-6.1.data.gz', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'iotrace-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => endBegun());

const bytes = gunzipSync(readFileSync(FIXTURE));
function written(name: string, content: Uint8Array | string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const begin = (files: readonly string[], leastBytes = 0) => beginFiles(files, { leastBytes, cpus: 2 });

it('give what is read without them, however late it is asked for', async () => {
  const file = written('perf.data', bytes);
  begin([file]);
  await new Promise((done) => setTimeout(done, 300));
  const read = () => readFileAside(file, perfData, bytes.length, () => undefined, { leastBytes: 0, cpus: 2 });
  const begun = await read();
  // Whoever comes next has a thread of its own.
  expect(takeBegun(file, perfData.name)).toBeUndefined();
  expect(begun).toEqual(await read());
  expect(begun.events.length).toBeGreaterThan(50);
});

it('are one for each file, by whatever name', async () => {
  const file = written('twice.data', bytes);
  begin([file, relative(process.cwd(), file)]);
  const thread = takeBegun(relative(process.cwd(), file), perfData.name);
  expect([thread !== undefined, takeBegun(file, perfData.name)]).toEqual([true, undefined]);
  await thread!.end();
});

it('say why they failed to who asks', async () => {
  const file = written('gone.data', bytes);
  begin([file]);
  rmSync(file);
  const read = readFileAside(file, perfData, bytes.length, () => undefined, { leastBytes: 0, cpus: 2 });
  await expect(read).rejects.toThrow('ENOENT');
});

it.each([
  ['text', () => [written('host.trace', 'CPU:0 [LOST 3 EVENTS]\n')]],
  ['no file', () => [join(folder, 'missing'), folder]],
  ['a file beside so much that all is read in slices', () => [written('large.data', bytes), sparse()]],
])('are not begun for %s', (_, files) => {
  const named = files();
  begin(named);
  expect(named.map((file) => takeBegun(file, perfData.name))).toEqual(named.map(() => undefined));
});

it('are not begun for small files, nor on one CPU', () => {
  const file = written('small.data', bytes);
  begin([file], bytes.length + 1);
  beginFiles([file], { leastBytes: 0, cpus: 1 });
  expect(takeBegun(file, perfData.name)).toBeUndefined();
});

/** A file of that size that takes no room. */
function sparse(): string {
  const file = written('sparse', '');
  truncateSync(file, MOST_BYTES_AT_ONCE);
  return file;
}
