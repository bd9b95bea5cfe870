/**
 * A recording of an assigned drive (Debian 13, an emulated host; fixtures/rhythm) whose interrupts fit the guest's completions nearly as
 * well when each is taken for the one before.
 */
import { describe, expect, it } from 'vitest';
import { followRecording } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import type { RecordingFacts } from '../../src/trace/recording.ts';

const FILE = new URL('../fixtures/rhythm/vfio.iotrace.zip', import.meta.url).pathname;

async function relationOf(change: (facts: RecordingFacts) => RecordingFacts) {
  const { recording } = await openRecording(FILE, undefined, () => {});
  const how = { version: 'test', title: 'rhythm', path: undefined };
  const followed = followRecording({ ...recording, facts: change(recording.facts) }, how);
  if ('failure' in followed) throw new Error(followed.failure);
  return followed.correlated.relation;
}

describe('a rhythm that is met a beat beside its place', () => {
  it('is found in its place by what KVM says of the TSC, which then lies inside the causal interval', async () => {
    const relation = await relationOf((facts) => facts);
    expect(relation).toMatchObject({ method: 'tsc', ok: true });
    expect(relation.interval!.low).toBeLessThan(0);
    expect(relation.interval!.high).toBeGreaterThan(0);
  });

  it('is found there without it as well', async () => {
    const known = await relationOf((facts) => facts);
    const found = await relationOf(({ tscOffsets: _, ...facts }) => facts);
    expect([known.method, found.method]).toEqual(['tsc', 'causal']);
    expect(Math.abs(Number(found.offsetNs - known.offsetNs))).toBeLessThan(found.uncertaintyNs);
  });
});
