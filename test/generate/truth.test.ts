import { describe, expect, it } from 'vitest';
import { followRecording } from '../../src/commands/analyze.ts';
import { FAMILIES, type Family } from './drawn-options.ts';
import { DRAWN_TSC_HZ, generate } from './generate.ts';
import { holdAgainstTruth } from './hold-against-truth.ts';

/** Parts, so that a failure names few seeds and no single test is long. */
const OF_A_PART = 50;
const PARTS: Readonly<Record<Family, number>> = {
  'virtio-blk': 20,
  'userspace-nvme': 4,
  'storage-daemon': 4,
  vfio: 4,
  'vfio-iopoll': 4,
  'bare-metal': 4,
  'bare-metal-iopoll': 4,
};

/** What a drawn recording has to be taken for, whatever its variant. */
const PATHS: Readonly<Record<Family, RegExp>> = {
  'virtio-blk': /^virtio-blk-(iothread|main-loop)/,
  'userspace-nvme': /^virtio-blk-userspace-nvme$/,
  'storage-daemon': /^vhost-user-blk-qsd$/,
  vfio: /^vfio-pci-nvme$/,
  'vfio-iopoll': /^vfio-pci-nvme-iopoll$/,
  'bare-metal': /^bare-metal-nvme$/,
  'bare-metal-iopoll': /^bare-metal-nvme-iopoll$/,
};

/** Reads the drawings of some seeds, and holds each against what was drawn; what was matched of how many, and how many points. */
async function heldOf(family: Family, seeds: { from: number; to: number }, bios: boolean) {
  const sum = { matched: 0, drawn: 0, points: 0 };
  for (let seed = seeds.from; seed < seeds.to; seed++) {
    const generated = await generate(seed, family, { bios });
    const followed = followRecording(generated.recording, { tscHz: DRAWN_TSC_HZ });
    if ('failure' in followed) throw new Error(`seed ${seed}: ${followed.failure}`);
    const { wrong, matched, points } = holdAgainstTruth(generated, followed);
    const path = followed.correlated.path.name;
    expect({ seed, path, wrong: wrong.slice(0, 3) }).toEqual({
      seed,
      path: expect.stringMatching(PATHS[family]),
      wrong: [],
    });
    sum.matched += matched;
    sum.drawn += generated.truth.length;
    sum.points += points;
  }
  expect(sum.matched).toBeGreaterThan(sum.drawn * 0.95);
  return sum;
}

describe.each(FAMILIES)('drawn recordings of %s', (family) => {
  it.each([...Array(PARTS[family]).keys()])(
    `part %d of ${PARTS[family]}: every matched request is as it was drawn`,
    { timeout: 60_000 },
    async (part) => {
      await heldOf(family, { from: part * OF_A_PART, to: (part + 1) * OF_A_PART }, false);
    },
  );

  it('every matched request is as it was drawn with its way through the block layer', {
    timeout: 60_000,
  }, async () => {
    const seeds = { from: 0, to: OF_A_PART };
    const without = await heldOf(family, seeds, false);
    const held = await heldOf(family, seeds, true);
    // Bio and request are points of every one.
    expect(held.points).toBeGreaterThanOrEqual(without.points + 2 * held.matched);
  });
});
