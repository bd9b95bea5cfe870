import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sortFolder } from '../../src/commands/import-folder.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** What becomes of some fixtures in a folder, by their names there. */
async function sorted(files: Readonly<Record<string, string>>) {
  for (const [name, fixture] of Object.entries(files))
    await copyFile(new URL(fixture, FIXTURES), join(folder, name));
  const { host, guest } = await sortFolder(folder, [], [], () => {});
  return { host: host.map((file) => basename(file)), guest: guest.map((file) => basename(file)) };
}

const CPUS = { a: 'blktrace/virtio.blktrace.0.gz', b: 'blktrace/virtio.blktrace.1.gz' };

describe('a folder with blktrace’s files', () => {
  it('is one recording, of a file a CPU; a CPU without events is left aside', async () => {
    await writeFile(join(folder, 'x.blktrace.2'), '');
    expect(await sorted(CPUS)).toEqual({ host: ['a', 'b'], guest: [] });
  });

  it('is the guest’s beside a trace of the host', async () => {
    expect(await sorted({ ...CPUS, c: 'ftrace/host-mono.trace' })).toEqual({
      host: ['c'],
      guest: ['a', 'b'],
    });
  });

  it('is refused where the files can be of two machines', async () => {
    const twice = { ...CPUS, c: 'blktrace/dropped.blktrace.0.gz' };
    await expect(sorted(twice)).rejects.toThrow('do not tell which machine');
    await rm(join(folder, 'a'));
    await rm(join(folder, 'c'));
    await expect(sorted({ d: 'blkparse/loop.txt.gz' })).rejects.toThrow('do not tell which machine');
  });
});
