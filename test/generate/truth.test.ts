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

describe.each(FAMILIES)('drawn recordings of %s', (family) => {
  it.each([...Array(PARTS[family]).keys()])(
    `part %d of ${PARTS[family]}: every matched request is as it was drawn`,
    { timeout: 60_000 },
    async (part) => {
      let matched = 0;
      let drawn = 0;
      for (let seed = part * OF_A_PART; seed < (part + 1) * OF_A_PART; seed++) {
        const generated = await generate(seed, family);
        const followed = followRecording(generated.recording, { tscHz: DRAWN_TSC_HZ });
        if ('failure' in followed) throw new Error(`seed ${seed}: ${followed.failure}`);
        const held = holdAgainstTruth(generated, followed);
        const path = followed.correlated.path.name;
        expect({ seed, path, wrong: held.wrong.slice(0, 3) }).toEqual({
          seed,
          path: expect.stringMatching(PATHS[family]),
          wrong: [],
        });
        matched += held.matched;
        drawn += generated.truth.length;
      }
      expect(matched).toBeGreaterThan(drawn * 0.95);
    },
  );
});
