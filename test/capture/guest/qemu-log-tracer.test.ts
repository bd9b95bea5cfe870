import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { qemuLogTracer } from '../../../src/capture/guest/qemu-log-tracer.ts';
import { fakeTraceFiles } from '../fake-trace-files.ts';

const LINE = (usec: number) =>
  `77@1795683318.${String(usec).padStart(6, '0')}:virtio_queue_notify vdev 0x1 n 0 vq 0x2\n`;
const setting = {
  tasks: 'all',
  watchdog: { guard: async () => undefined, release: async () => undefined },
} as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

function tracerOf(log: string) {
  const drawn = fakeTraceFiles();
  // Marks did not arrive: no readings.
  const read = async (path: string) => (path.endsWith('/trace') ? '' : drawn.read(path));
  const files = { ...drawn, read };
  return qemuLogTracer({ files, name: 'iotrace-7-00000000', folder, maxBytes: 1 << 20, log, clock: 'mono' });
}

describe('qemuLogTracer', () => {
  it('takes what QEMU wrote between on and off, byte for byte, and leaves the log alone', async () => {
    const log = join(folder, 'log');
    await writeFile(log, LINE(1));
    const tracer = tracerOf(log);
    await tracer.prepare(setting as never);
    await appendFile(log, LINE(2));
    await tracer.on();
    await appendFile(log, LINE(3) + LINE(4));
    await tracer.off();
    await appendFile(log, LINE(5));
    const { streams } = await tracer.collect();
    await tracer.undo();
    expect(streams).toMatchObject([{ name: 'qemu.log', machine: 'host', format: 'QEMU trace log' }]);
    expect(await readFile(streams[0]!.file, 'utf8')).toBe(LINE(3) + LINE(4));
    expect(await readFile(log, 'utf8')).toBe([1, 2, 3, 4, 5].map(LINE).join(''));
  });

  it('says that nothing was written, and stops at a log that became shorter', async () => {
    const log = join(folder, 'log');
    await writeFile(log, LINE(1));
    const tracer = tracerOf(log);
    await tracer.prepare(setting as never);
    await tracer.on();
    await tracer.off();
    const { streams, notes } = await tracer.collect();
    expect(streams).toEqual([]);
    expect(notes.join()).toMatch(/wrote nothing/);
    await truncate(log, 3);
    await expect(tracer.pass()).rejects.toMatchObject({ code: 'qemu-log-shrank' });
    await tracer.undo();
  });

  it('refuses what is no log with times, before anything is armed', async () => {
    const other = join(folder, 'other');
    await writeFile(other, 'virtio_queue_notify vdev 0x1 n 0 vq 0x2\n');
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const log of [other, fifo, folder])
      await expect(tracerOf(log).prepare(setting as never)).rejects.toMatchObject({
        code: 'qemu-log-unlike',
      });
    await expect(tracerOf(join(folder, 'none')).prepare(setting as never)).rejects.toMatchObject({
      code: 'qemu-log-unreadable',
    });
  });
});
