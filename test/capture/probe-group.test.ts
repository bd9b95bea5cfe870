import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProbeGroup } from '../../src/capture/tracefs/probe-group.ts';
import { tracefsTracer } from '../../src/capture/tracefs/tracefs-tracer.ts';
import type { WantedKprobe, WantedUprobe } from '../../src/capture/wanted-point.ts';
import { type FakeTraceFiles, fakeTraceFiles } from './fake-trace-files.ts';

const EVENTFD: WantedKprobe = {
  kind: 'kprobe',
  scope: 'machine',
  functions: [
    { symbol: 'eventfd_signal', fetch: [] },
    { symbol: 'eventfd_signal_mask', fetch: [{ name: 'id', of: 0, at: [44], type: 's32' }] },
  ],
};
const POP: WantedUprobe = {
  kind: 'uprobe',
  scope: 'tasks',
  function: { file: '/usr/bin/qemu', symbol: 'virtqueue_pop', offset: 0x1234, fetch: [] },
};
const GROUP = 'iotrace_7_00000000';

let files: FakeTraceFiles;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
  files = fakeTraceFiles();
});
afterEach(() => rm(folder, { recursive: true }));

describe('ProbeGroup', () => {
  it('takes the first function that can be probed, and reads through memory innermost first', async () => {
    files.refuse.set('eventfd_signal', 'ENOENT');
    const group = new ProbeGroup(files, GROUP);
    const fetch = [{ name: 'id', of: 0, at: [0, 32, 44], type: 's32' }] as const;
    const read = { kind: 'kprobe', scope: 'tasks', functions: [{ symbol: 'eventfd_read', fetch }] } as const;
    expect(await group.add(EVENTFD)).toBe(`${GROUP}/eventfd_signal_mask`);
    expect(await group.add(read)).toBe(`${GROUP}/eventfd_read`);
    expect(files.files.get('kprobe_events')).toBe(
      `p:${GROUP}/eventfd_signal_mask eventfd_signal_mask id=+44($arg1):s32\n` +
        `p:${GROUP}/eventfd_read eventfd_read id=+44(+32(+0($arg1))):s32\n`,
    );
  });

  it('says that a function cannot be probed, and throws where nothing can', async () => {
    files.refuse.set('eventfd_signal', 'ENOENT');
    files.refuse.set('eventfd_signal_mask id=+44($arg1):s32', 'EINVAL');
    const group = new ProbeGroup(files, GROUP);
    expect(await group.add(EVENTFD)).toBeUndefined();
    files.refuse.set('eventfd_signal', 'EPERM');
    await expect(group.add(EVENTFD)).rejects.toMatchObject({ code: 'probe-forbidden' });
  });

  it('only ever appends to the lists of probes, and takes away what it made', async () => {
    const group = new ProbeGroup(files, GROUP);
    await group.add(EVENTFD);
    await group.add(POP);
    await group.remove();
    await group.remove();
    expect(files.done).toEqual([
      `kprobe_events += p:${GROUP}/eventfd_signal eventfd_signal`,
      `uprobe_events += p:${GROUP}/virtqueue_pop /usr/bin/qemu:0x1234`,
      `kprobe_events += -:${GROUP}/eventfd_signal`,
      `uprobe_events += -:${GROUP}/virtqueue_pop`,
    ]);
  });

  it('reads how many hits the kernel missed', async () => {
    const group = new ProbeGroup(files, GROUP);
    await group.add(EVENTFD);
    files.files.set('kprobe_profile', '  other    9     9\n  eventfd_signal       262        3\n');
    expect(await group.missedHits()).toEqual(['the kernel missed the probe at eventfd_signal 3 times']);
  });
});

describe('tracefsTracer', () => {
  const guarded: unknown[] = [];
  const watchdog = { guard: async (leaving: unknown) => void guarded.push(leaving), release: async () => {} };
  const tracer = (points: readonly (WantedKprobe | WantedUprobe)[]) =>
    tracefsTracer({
      files,
      name: 'iotrace-7-00000000',
      machine: 'host',
      points,
      bufferKib: 64,
      folder,
      maxBytes: 1e6,
    });

  it('tells the watchdog first, arms probes in an instance, and removes them after it', async () => {
    files.files.set('kprobe_events', '');
    const probing = tracer([EVENTFD]);
    expect(await probing.prepare({ tasks: 'all', watchdog })).toEqual([]);
    expect(guarded).toEqual([
      { probes: '/drawn/tracing/kprobe_events', group: GROUP },
      { folder: '/drawn/tracing/instances/iotrace-7-00000000-machine', keep: join(folder, 'machine') },
    ]);
    const enable = `instances/iotrace-7-00000000-machine/events/${GROUP}/eventfd_signal/enable = 1`;
    expect(files.done).toContain(enable);
    await probing.undo();
    const last = files.done.slice(-2);
    expect(last).toEqual([
      'rmdir instances/iotrace-7-00000000-machine',
      `kprobe_events += -:${GROUP}/eventfd_signal`,
    ]);
  });

  it('names a function that is not there, and ends when it cannot do without', async () => {
    files.refuse.set('eventfd_signal', 'ENOENT');
    files.refuse.set('eventfd_signal_mask id=+44($arg1):s32', 'ENOENT');
    expect(await tracer([EVENTFD]).prepare({ tasks: 'all', watchdog })).toEqual(['kprobe:eventfd_signal']);
    await files.removeFolder('instances/iotrace-7-00000000-machine');
    const required = tracer([{ ...EVENTFD, required: true }]);
    await expect(required.prepare({ tasks: 'all', watchdog })).rejects.toMatchObject({
      code: 'event-missing',
    });
    await required.undo();
    expect(await files.list('instances')).toEqual([]);
  });
});
