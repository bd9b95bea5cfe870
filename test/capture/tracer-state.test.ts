import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BlockDevice } from '../../src/capture/block-devices.ts';
import { endDeadTracers } from '../../src/capture/dead-tracers.ts';
import { diskPoints } from '../../src/capture/disk-points.ts';
import { findDeadText, removeDeadInstances, removeDeadProbes } from '../../src/capture/leftovers.ts';
import { checkBuffers, usualBuffer } from '../../src/capture/room.ts';
import { makerOf, newRunName } from '../../src/capture/run-name.ts';
import { filterText } from '../../src/capture/tracefs/filter-text.ts';
import { findPoints } from '../../src/capture/tracefs/find-points.ts';
import { foreignTracers } from '../../src/capture/tracefs/foreign-tracers.ts';
import { type FoundPoint, pointName } from '../../src/capture/wanted-point.ts';
import { fakeTraceFiles } from './fake-trace-files.ts';

const DISK: BlockDevice = {
  name: 'vda',
  major: 254,
  minor: 16,
  partitions: [],
  slaves: [],
  driver: 'virtio_blk',
  parent: 'virtio1',
};

const shown = (point: FoundPoint) => [
  point.scope,
  pointName(point),
  point.kind === 'tracepoint' ? filterText(point.filter) : undefined,
];

describe('leftovers', () => {
  const alive = (pid: number) => pid === 8;

  it('of dead iotraces go, all other instances stay', async () => {
    const files = fakeTraceFiles();
    const names = [
      'iotrace-7-0123abcd-machine',
      'iotrace-8-0123abcd-machine',
      'iotrace-9-mine',
      'trace-cmd',
      'iotrace',
    ];
    for (const name of names) await files.makeFolder(`instances/${name}`);
    expect(await removeDeadInstances(files, alive)).toEqual({ removed: [names[0]], inUse: [] });
    expect([...(await files.list('instances'))].sort()).toEqual(names.slice(1).sort());
  });

  it('that something reads are named', async () => {
    const files = fakeTraceFiles();
    await files.makeFolder('instances/iotrace-7-0123abcd-tasks');
    files.refuse.set('rmdir instances/iotrace-7-0123abcd-tasks', 'EBUSY');
    expect(await removeDeadInstances(files, alive)).toEqual({
      removed: [],
      inUse: ['iotrace-7-0123abcd-tasks'],
    });
  });

  it('of probes go by group, in both lists; all other probes stay, and one in use is named', async () => {
    const files = fakeTraceFiles();
    files.files.set(
      'kprobe_events',
      [
        'p:iotrace_7_0123abcd/eventfd_read eventfd_read',
        'r4:iotrace_7_0123abcd/vp_notify vp_notify',
        'p:iotrace_8_0123abcd/eventfd_read eventfd_read',
        'p:kprobes/iotrace_7_0123abcd eventfd_read',
        'p:iotrace_9_89abcdef/irqfd_wakeup irqfd_wakeup',
      ].join('\n'),
    );
    files.files.set('uprobe_events', 'p:iotrace_7_76543210/virtqueue_pop /usr/bin/qemu:0x1234\n');
    files.refuse.set('-:iotrace_9_89abcdef/irqfd_wakeup', 'EBUSY');
    expect(await removeDeadProbes(files, alive)).toEqual({
      removed: ['iotrace_7_0123abcd', 'iotrace_7_76543210'],
      inUse: ['iotrace_9_89abcdef'],
    });
    expect(files.done).toEqual([
      'kprobe_events += -:iotrace_7_0123abcd/eventfd_read',
      'kprobe_events += -:iotrace_7_0123abcd/vp_notify',
      'kprobe_events += -:iotrace_9_89abcdef/irqfd_wakeup',
      'uprobe_events += -:iotrace_7_76543210/virtqueue_pop',
    ]);
  });

  it('that run are ended, also when they are deaf to SIGINT; those of a living iotrace go on', async () => {
    // No process has this pid: the kernel gives none above 4,194,304.
    const dead = 'iotrace-9999999-0123abcd';
    const start = (run: string, script: string) =>
      spawn('sh', ['-c', script], { env: { ...process.env, IOTRACE_RUN: run }, stdio: 'pipe' });
    const script = (deaf: string) => `${deaf} echo ready; exec sleep 600`;
    const polite = start(dead, script(''));
    const deaf = start(dead, script('trap "" INT;'));
    const ours = start(newRunName(), script(''));
    const strange = start('iotrace-9999999-../x', script(''));
    const all = [polite, deaf, ours, strange];
    const exits = [polite, deaf].map((child) => once(child, 'exit'));
    try {
      for (const child of all) await once(child.stdout, 'data');
      const ended = await endDeadTracers(undefined, 300);
      const pids = ended.map((each) => Number(/\(pid (\d+)\)$/.exec(each)?.[1]));
      expect(pids).toEqual(expect.arrayContaining([polite.pid, deaf.pid]));
      for (const child of [ours, strange]) expect(pids).not.toContain(child.pid);
      expect((await Promise.all(exits)).map(([, signal]) => signal)).toEqual(['SIGINT', 'SIGKILL']);
      expect([ours.exitCode, ours.signalCode, strange.exitCode, strange.signalCode]).toEqual(
        Array(4).fill(null),
      );
    } finally {
      for (const child of all) child.kill('SIGKILL');
    }
  });

  it('of text are found and not touched', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
    for (const name of ['iotrace-7-0123abcd', 'iotrace-8-0123abcd', 'other']) await mkdir(join(folder, name));
    const found = await findDeadText([folder, folder, '/nowhere'], alive);
    expect(found).toEqual([join(folder, 'iotrace-7-0123abcd')]);
    await rm(folder, { recursive: true });
  });

  it('are known by their name', () => {
    expect(makerOf(newRunName())).toBe(process.pid);
    expect(makerOf(`${newRunName()}-tasks`)).toBe(process.pid);
    expect(makerOf('iotrace-7-0123abcd-machine/..')).toBeUndefined();
  });
});

describe('foreignTracers', () => {
  it('says nothing of an idle tracer', async () => {
    expect(await foreignTracers(fakeTraceFiles())).toEqual([]);
  });

  it('names each use, escaped', async () => {
    const files = fakeTraceFiles();
    files.files.set('current_tracer', 'function_graph\n');
    files.files.set('set_event', 'block:block_rq_issue\nblock:block_rq_complete\n');
    files.files.set('instances/their\u001b[2J/events/enable', 'X\n');
    files.files.set('instances/iotrace-42-0a1b2c3d-tasks/events/enable', 'X\n');
    files.files.set('instances/idle/events/enable', '0\n');
    expect(await foreignTracers(files)).toEqual([
      "the tracer 'function_graph' is on",
      "2 events are on in the top instance ('block:block_rq_issue' …)",
      "the instance 'their\\u{1b}[2J' traces events",
      "another iotrace’s instance 'iotrace-42-0a1b2c3d-tasks' traces events",
    ]);
  });
});

describe('wanted events', () => {
  it('are chosen by what there is; the disk’s are filtered to it, none of the disk’s by task', async () => {
    const wanted = diskPoints(DISK, ['virtio1-req.0', 'nvme0q1']);
    const { found, missing } = await findPoints(fakeTraceFiles(), wanted);
    expect(found.map(shown)).toEqual([
      ['machine', 'block:block_rq_issue', 'dev == 266338320'],
      ['machine', 'block:block_rq_complete', 'dev == 266338320'],
      ['machine', 'irq:irq_handler_entry', 'name ~ "virtio1*"'],
      ['tasks', 'syscalls:sys_enter_pread64', undefined],
      ['tasks', 'syscalls:sys_exit_pread64', undefined],
    ]);
    expect(missing).toContain('io_uring:io_uring_submit_req');
  });

  it('keep all interrupts where no name tells the disk’s, and take an older name of an event', async () => {
    const files = fakeTraceFiles([
      'block/block_rq_issue',
      'block/block_rq_complete',
      'irq/irq_handler_entry',
      'io_uring/io_uring_submit_sqe',
      'nvme/nvme_sq',
    ]);
    const nvme = { ...DISK, name: 'nvme0n1', driver: 'nvme', parent: 'nvme0' };
    const { found, missing } = await findPoints(files, diskPoints(nvme, ['ahci']));
    expect(found.map(shown).slice(2)).toEqual([
      ['machine', 'irq:irq_handler_entry', undefined],
      ['machine', 'nvme:nvme_sq', undefined],
      ['tasks', 'io_uring:io_uring_submit_sqe', undefined],
    ]);
    expect(missing).toContain('nvme:nvme_setup_cmd');
  });

  it('cannot do without block requests', async () => {
    const files = fakeTraceFiles(['block/block_rq_issue']);
    await expect(findPoints(files, diskPoints(DISK, []))).rejects.toMatchObject({
      code: 'event-missing',
      message: 'This kernel has no event block:block_rq_complete.',
    });
  });
});

describe('usualBuffer', () => {
  const GIB = 1024 ** 3;
  it.each([
    ['holds some seconds where memory is plenty', 'tracefs', 2, 20 * GIB, 32_768],
    ['takes a sixty-fourth of what is free', 'tracefs', 2, 4 * GIB, 16_384],
    ['takes 256 MiB at most on many CPUs, but what it needs', 'tracefs', 16, 500 * GIB, 8192],
    ['takes what it needs', 'tracefs', 128, 500 * GIB, 4096],
    ['is the least for other tracers', 'perf', 2, 20 * GIB, 4096],
  ] as const)('%s', (_, tracer, cpus, free, kib) => {
    expect(usualBuffer(tracer, cpus, 2, free)).toBe(kib);
  });
});

describe('checkBuffers', () => {
  it('allows a quarter of the free memory, and says what would fit', () => {
    expect(() => checkBuffers(1024, 4, 2, 32 * 1024 ** 2)).not.toThrow();
    expect(() => checkBuffers(1025, 4, 2, 32 * 1024 ** 2)).toThrow(
      expect.objectContaining({ code: 'buffer-too-large', hint: 'Ask for less: --buffer 1024.' }),
    );
  });
});
