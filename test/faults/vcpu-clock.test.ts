/** The clock of the host CPU that a vCPU runs on: a guest's rows show it, as none lies where its vCPU had left the guest. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { followRecording } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import { lateExits } from '../../src/correlate/late-exits.ts';
import { outsideGuest } from '../../src/correlate/outside-guest.ts';
import { moveStamps, sortByStamp } from '../support/damage.ts';
import { survivorsOf } from '../support/survivors.ts';
import { analyzeTexts, drawnSubject } from './subjects.ts';

/** CPU 2 runs the first vCPU of the drawings, and nothing else. */
const OF_VCPU = 2;

describe('the clock of a vCPU’s CPU that is off, drawn', () => {
  it.each([
    // A vCPU that halts is out for long; one that spins leaves for its kicks alone, and for less than the clocks are open by.
    [
      14,
      -200_000n,
      /^175 of 347 events of the guest’s CPU 0 lie where that vCPU had left the guest, by up to /,
    ],
    [2, -20_000n, /^of 38 requests the exit for their kick lies behind what their task did next, by up to /],
  ])('seed %d by %d ns: that is said, and no request is used', async (seed, ns, said) => {
    const { texts, facts } = drawnSubject(seed);
    const host = sortByStamp(moveStamps(texts.host, (cpu) => (cpu === OF_VCPU ? ns : 0n)));
    const analyzed = await analyzeTexts({ ...texts, host }, facts);
    if ('failure' in analyzed) throw new Error(analyzed.failure);
    expect(analyzed.report.clock.checked).toMatch(said);
    expect(survivorsOf(analyzed.followed.correlated).found).toEqual([]);
    expect(analyzed.report.grade.letter).toBe('F');
  });
});

const SAMPLES = new URL('../../samples/', import.meta.url);
const bundles = readdirSync(SAMPLES).filter((name) => /^(virtio|vhost|vfio).*\.iotrace\.zip$/.test(name));

it.each(bundles)('no guest was seen to run without its vCPU: %s', async (name) => {
  const { recording } = await openRecording(
    fileURLToPath(new URL(name, SAMPLES)),
    undefined,
    () => undefined,
  );
  const followed = followRecording(recording, {});
  if ('failure' in followed) throw new Error(followed.failure);
  const { correlated } = followed;
  const { uncertaintyNs } = correlated.relation;
  const scene = { ...correlated, alone: correlated.inFlight.alone };
  expect(outsideGuest(scene, uncertaintyNs)).toBeUndefined();
  expect(lateExits(scene, correlated.followed, uncertaintyNs)).toBeUndefined();
});
