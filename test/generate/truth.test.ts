import { expect, it } from 'vitest';
import { followRecording } from '../../src/commands/analyze.ts';
import { DRAWN_TSC_HZ, generate } from './generate.ts';
import { holdAgainstTruth } from './hold-against-truth.ts';

const SEEDS = 1000;

/** Parts, so that a failure names few seeds and no single test is long. */
const PARTS = 20;

it.each([...Array(PARTS).keys()])(
  `drawn recordings, part %d of ${PARTS}: every matched request is as it was drawn`,
  { timeout: 60_000 },
  async (part) => {
    let matched = 0;
    let drawn = 0;
    for (let seed = part * (SEEDS / PARTS); seed < (part + 1) * (SEEDS / PARTS); seed++) {
      const generated = await generate(seed);
      const followed = followRecording(generated.recording, { tscHz: DRAWN_TSC_HZ });
      if ('failure' in followed) throw new Error(`seed ${seed}: ${followed.failure}`);
      const held = holdAgainstTruth(generated, followed);
      expect({ seed, wrong: held.wrong.slice(0, 3) }).toEqual({ seed, wrong: [] });
      matched += held.matched;
      drawn += generated.truth.length;
    }
    expect(matched).toBeGreaterThan(drawn * 0.95);
  },
);
