/** Clocks that a sample of the requests related first: the last word have all, and nothing differs from what it was without. */
import { readdirSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { followRecording } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import type { Sampling, sampleOf } from '../../src/correlate/sample.ts';
import type { Recording } from '../../src/trace/recording.ts';
import { DRAWN_TSC_HZ, generate } from '../generate/generate.ts';

const sampling = vi.hoisted(() => ({ of: undefined as Sampling | undefined, taken: 0 }));
// Recordings as small as these are related by all of their requests; here the sample is as large as a test says.
vi.mock('../../src/correlate/sample.ts', async (original) => {
  const real = await original<{ sampleOf: typeof sampleOf }>();
  return {
    ...real,
    sampleOf: (base: Parameters<typeof sampleOf>[0]) => {
      if (sampling.of === undefined) return base;
      const sample = real.sampleOf(base, sampling.of);
      if (sample !== base) sampling.taken++;
      return sample;
    },
  };
});

/** What a recording gives, with its clocks related by a sample first, or by all requests from the beginning. */
function outcome(recording: Recording, of: Sampling | undefined) {
  sampling.of = of;
  const followed = followRecording(recording, { tscHz: DRAWN_TSC_HZ });
  if ('failure' in followed) return followed;
  const { relation, requests, path } = followed.correlated;
  const { method, uncertaintyNs, driftPpm, offsetNs, checked } = relation;
  return { path: path.name, clocks: { method, uncertaintyNs, driftPpm, offsetNs, checked }, requests };
}

const SMALL: Sampling = { stretch: 4, stretches: 4 };
const SEEDS = 60;

it(`${SEEDS} drawn recordings`, { timeout: 60_000 }, async () => {
  sampling.taken = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const { recording } = await generate(seed);
    expect({ seed, ...outcome(recording, SMALL) }).toEqual({ seed, ...outcome(recording, undefined) });
  }
  expect(sampling.taken).toBeGreaterThan(SEEDS / 2);
});

const SAMPLES = new URL('../../samples/', import.meta.url);
const bundles = readdirSync(SAMPLES).filter((name) => /^(virtio|vhost|vfio).*\.iotrace\.zip$/.test(name));

it.each(bundles)('recorded: %s', async (name) => {
  const { recording } = await openRecording(new URL(name, SAMPLES).pathname, undefined, () => undefined);
  expect(outcome(recording, { stretch: 16, stretches: 8 })).toEqual(outcome(recording, undefined));
});
