/** A clock that is set while requests are in flight, drawn: that is said, and none of them is used. */
import { expect, it } from 'vitest';
import type { MachineName } from '../../src/trace/recording.ts';
import type { Family } from '../generate/drawn-options.ts';
import { moveStamps } from '../support/damage.ts';
import { survivorsOf } from '../support/survivors.ts';
import { analyzeTexts, drawnSubject } from './subjects.ts';

it('leaves no request where messages contradict each other from a moment on', async () => {
  // Four in flight; the only request that was ever alone lies before the step and relates the clocks.
  const { texts, facts } = drawnSubject(18);
  const stamps: bigint[] = [];
  moveStamps(texts.guest, (_, stamp) => {
    stamps.push(stamp);
    return 0n;
  });
  const moment = stamps[Math.floor(stamps.length / 10)]!;
  const guest = moveStamps(texts.guest, (_, stamp) => (stamp < moment ? 0n : 300_000n));

  const analyzed = await analyzeTexts({ ...texts, guest }, facts);
  if ('failure' in analyzed) throw new Error(analyzed.failure);
  const { found, quarantined } = survivorsOf(analyzed.followed.correlated);
  expect(found).toEqual([]);
  expect(quarantined).toHaveProperty(
    'no one relation of the clocks is right: one was set while it was recorded, or a CPU’s own is off',
  );
  expect(analyzed.report.grade.letter).toBe('F');
});

/** A drawn recording of which a machine's clock was set by so much when half of its events were stamped. */
function setBy(seed: number, machine: MachineName, ns: bigint, family?: Family) {
  const { texts, facts } = drawnSubject(seed, family);
  const stamps: bigint[] = [];
  moveStamps(texts[machine], (_, stamp) => {
    stamps.push(stamp);
    return 0n;
  });
  const moment = stamps[stamps.length >> 1]!;
  const moved = moveStamps(texts[machine], (_, stamp) => (stamp < moment ? 0n : ns));
  return analyzeTexts({ ...texts, [machine]: moved }, facts);
}

it.each([
  ['host', -1_000_000n, 'the clock of the host was set back by at least 9'],
  ['guest', -1_000_000n, 'the clock of the guest was set back by at least 9'],
  ['host', 1_000_000n, 'a machine’s clock was set by about 1,0'],
] as const)('says that the %s’s clock was set by %d ns, and relates none', async (machine, ns, said) => {
  // One request in flight, no TSC relation is known.
  const analyzed = await setBy(0, machine, ns);
  if ('failure' in analyzed) throw new Error(analyzed.failure);
  const { clock, grade } = analyzed.report;
  expect(survivorsOf(analyzed.followed.correlated).found).toEqual([]);
  expect(clock.method).toBe('none');
  expect(clock.checked).toContain(said);
  expect(grade.letter).toBe('F');
});

it.each([
  ['vfio', 50_000n],
  ['userspace-nvme', 20_000n],
] as const)('says so where requests have no sector on the host: %s, by %d ns', async (family, ns) => {
  // A request takes about as long: what is looked for is then found among the neighbours’, or nowhere.
  const analyzed = await setBy(29, 'host', ns, family);
  if ('failure' in analyzed) throw new Error(analyzed.failure);
  expect(survivorsOf(analyzed.followed.correlated).found).toEqual([]);
  expect(analyzed.report.clock.checked).toMatch(
    /^\d+ of 361 events of the guest’s CPU 0 lie where that vCPU had left the guest, by up to \d+\.\d µs: /,
  );
  expect(analyzed.report.grade.letter).toBe('F');
});
