/** Cases of the fault matrix with other seeds, in which a report was wrong once and did not know it. */
import { expect, it } from 'vitest';
import type { Family } from '../generate/drawn-options.ts';
import { judge, NOTHING, wholeOf } from './judge.ts';
import { LOST_EVENTS } from './lost-events.ts';
import { drawnSubject, realSubject } from './subjects.ts';

it.each([
  // Without VFIO's handler the drive's interrupt was not seen, and the completion passed for a polled one.
  ['virtio-blk-userspace-nvme', 'lost and not counted, some anywhere', 274_001],
  // The same without the eventfd's read.
  ['virtio-blk-iothread-x86-tsc', 'lost and not counted, some anywhere', 77_003],
  // Without the guest's kick what the host did for it was not looked for, and the request passed for a polled one.
  ['vhost-user-blk-qsd', 'lost and not counted, some anywhere', 291_012],
] as const)('recorded: %s, %s', async (sample, name, seed) => {
  const whole = await wholeOf(await realSubject(sample, 0.2));
  expect(await judge(whole, LOST_EVENTS.find((fault) => fault.name === name)!, seed)).toEqual(NOTHING);
});

/** What is damaged, drawn from a seed; the fault and its seed. */
type DrawnCase = readonly [string, Family | typeof WITH_BIOS, number, string, number];

const WITH_BIOS = 'virtio-blk with bios';

const DRAWN: readonly DrawnCase[] = [
  [
    'interrupts of an assigned drive are lost, and its rhythm fits one beat beside its place as well',
    'vfio',
    3,
    'lost, some of the idle context',
    113_000,
  ],
  [
    'a call has the issues of another, and more than it was given',
    'userspace-nvme',
    24,
    'lost, a burst',
    318_000,
  ],
  ['the same with io_uring', 'vfio-iopoll', 28, 'lost, some of one CPU', 514_000],
  ['what one handler completed passes for another’s', WITH_BIOS, 53, 'lost, a burst', 603_000],
  ['the host’s recording begins one request later', 'userspace-nvme', 57, 'lost, the beginning', 351_000],
  ['the same of reads in sequence, on a partition', WITH_BIOS, 83, 'lost, the beginning', 633_000],
  ['the wrong descriptor is all that fits an eventfd', 'storage-daemon', 28, 'lost, some anywhere', 386_000],
  [
    'the host’s requests have sectors only where they complete',
    'storage-daemon',
    25,
    'one event never recorded',
    383_000,
  ],
  [
    'clocks that leave more open than lies between two kicks',
    'virtio-blk',
    219,
    'one event never recorded',
    219_000,
  ],
  ['a call ends when a later one does', 'userspace-nvme', 1, 'lost, a burst', 5_001_012],
  ['a call begins when an earlier one does', 'vfio', 23, 'lost, a burst', 5_023_006],
];

it.each(DRAWN)('drawn: %s', async (_, family, drawing, name, seed) => {
  const bios = family === WITH_BIOS;
  const whole = await wholeOf(drawnSubject(drawing, bios ? 'virtio-blk' : family, bios));
  expect(await judge(whole, LOST_EVENTS.find((fault) => fault.name === name)!, seed)).toEqual(NOTHING);
});
