/** Cases of the fault matrix with other seeds, in which a report was wrong once and did not know it. */
import { expect, it } from 'vitest';
import { judge, wholeOf } from './judge.ts';
import { LOST_EVENTS } from './lost-events.ts';
import { drawnSubject, realSubject } from './subjects.ts';

it.each([
  // Without VFIO's handler the drive's interrupt was not seen, and the completion passed for a polled one.
  ['virtio-blk-userspace-nvme', 'lost and not counted, some anywhere', 274_001],
  // The same without the eventfd's read.
  ['virtio-blk-iothread-x86-tsc', 'lost and not counted, some anywhere', 77_003],
] as const)('recorded: %s, %s', async (sample, name, seed) => {
  const whole = await wholeOf(await realSubject(sample, 0.2));
  expect(await judge(whole, LOST_EVENTS.find((fault) => fault.name === name)!, seed)).toEqual([]);
});

it('drawn: interrupts of an assigned drive are lost, and its rhythm fits one beat beside its place as well', async () => {
  const whole = await wholeOf(drawnSubject(3, 'vfio'));
  const fault = LOST_EVENTS.find((each) => each.name === 'lost, some of the idle context')!;
  expect(await judge(whole, fault, 113_000)).toEqual([]);
});
