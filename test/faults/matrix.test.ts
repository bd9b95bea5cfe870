/**
 * The fault matrix: recordings, drawn and real, each damaged in every way. What a report still says of a request is what it
 * said before, but for a few within what it says it cannot rule out; what was lost is counted; grade and exit status say so.
 * `IOTRACE_SEEDS=10` makes ten times as many cases.
 */
import { describe, expect, it } from 'vitest';
import type { Fault } from './fault.ts';
import { judge, type Whole, wholeOf } from './judge.ts';
import { LOST_EVENTS } from './lost-events.ts';
import { drawnSubject, realSubject } from './subjects.ts';
import { TWO_RECORDINGS } from './two-recordings.ts';
import { WRONG_LINES } from './wrong-lines.ts';
import { WRONG_STAMPS } from './wrong-stamps.ts';

const FAULTS: readonly Fault[] = [...LOST_EVENTS, ...WRONG_LINES, ...WRONG_STAMPS, ...TWO_RECORDINGS];
const WIDER = Number(process.env['IOTRACE_SEEDS'] ?? 1);
const DRAWN = 36 * WIDER;
const REAL = [
  'virtio-blk-iothread',
  'vfio-pci-nvme',
  'virtio-blk-userspace-nvme',
  'vhost-user-blk-qsd',
  'virtio-blk-iopoll',
  'virtio-blk-iothread-x86-tsc',
];
/** Drawn as well, fewer of each. */
const OTHERS = ['userspace-nvme', 'storage-daemon', 'vfio', 'vfio-iopoll'] as const;
const OF_OTHERS = 8 * WIDER;
/** With the events of the block layer, whose steps a request may lack as well as have lost. */
const WITH_BIOS = 12 * WIDER;
/** Cases of each real recording and fault. */
const EACH_REAL = 2 * WIDER;

/**
 * Cases in which a request differs by what the report says it cannot rule out: of these seeds no more than so many, and none of any
 * other fault. By what is recorded a request that took longer would look the same.
 */
const MOST_SAID: ReadonlyMap<string, number> = new Map([
  // One that was in flight when the CPU's clock was set has the step in a stage that it alone stamps.
  ['one CPU steps, lines put in order', 1],
  // What polls in a guest has no message to the host.
  ['one machine’s clock steps', 3],
]);

const subjects: Whole[] = [];
for (let seed = 0; seed < DRAWN; seed++) subjects.push(await wholeOf(drawnSubject(seed)));
for (const sample of REAL) subjects.push(await wholeOf(await realSubject(sample, 0.2)));
for (const family of OTHERS)
  for (let seed = 0; seed < OF_OTHERS; seed++) subjects.push(await wholeOf(drawnSubject(seed, family)));
for (let seed = 0; seed < WITH_BIOS; seed++)
  subjects.push(await wholeOf(drawnSubject(seed, 'virtio-blk', true)));

describe('what survives damage', () => {
  let cases = 0;

  it.each(FAULTS.map((fault) => ({ name: fault.name, fault })))(
    '$name',
    { timeout: 60_000 * WIDER },
    async ({ fault }) => {
      const failures: Record<string, readonly string[]> = {};
      const said: Record<string, readonly string[]> = {};
      for (const [index, whole] of subjects.entries()) {
        const times = whole.drawn === undefined ? EACH_REAL : 1;
        for (let time = 0; time < times; time++) {
          // Subjects are in a fixed order: a case's seed is made of its subject's place.
          const seed = 1000 * index + time;
          const judged = await judge(whole, fault, seed);
          if (judged === undefined) continue;
          cases++;
          const name = `${whole.name}, seed ${seed}`;
          if (judged.quietly.length > 0) failures[name] = judged.quietly;
          if (judged.said.length > 0) said[name] = judged.said;
        }
      }
      expect(failures).toEqual({});
      const most = MOST_SAID.get(fault.name) ?? 0;
      const count = Object.keys(said).length;
      if (count > 0)
        process.stderr.write(`${fault.name}: ${count} cases within what the report cannot rule out\n`);
      if (WIDER === 1) expect(said).toSatisfy(() => count <= most, `at most ${most} cases`);
    },
  );

  it('was held in a thousand cases', () => {
    expect(cases).toBeGreaterThanOrEqual(1000 * WIDER);
  });
});
