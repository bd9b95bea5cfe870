/**
 * Recordings of an assigned drive (Debian 13, an emulated host; fixtures/rhythm) whose interrupts fit the guest's completions nearly as
 * well, or better, when each is taken for the one before.
 */
import { describe, expect, it } from 'vitest';
import { followRecording } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import type { ClockPair, RecordingFacts } from '../../src/trace/recording.ts';

/** Host clock, and the TSC before and after its reading; read at both ends of the recording by perf. */
const PAIRS_OF_PERF = [
  [185290724365n, 482462097309n, 482462097439n],
  [203968900946n, 530953037435n, 530953037565n],
].map(
  ([ns, before, after]): ClockPair => ({
    clock: 'mono',
    ns: ns!,
    tsc: (before! + after!) / 2n,
    widthTicks: Number(after! - before!),
  }),
);

async function relationOf(name: string, change: (facts: RecordingFacts) => RecordingFacts) {
  const file = new URL(`../fixtures/rhythm/${name}.iotrace.zip`, import.meta.url).pathname;
  const { recording } = await openRecording(file, undefined, () => {});
  const how = { version: 'test', title: 'rhythm', path: undefined };
  const followed = followRecording({ ...recording, facts: change(recording.facts) }, how);
  if ('failure' in followed) throw new Error(followed.failure);
  return followed.correlated.relation;
}

describe.each([
  ['vfio', 'tsc', (facts: RecordingFacts) => facts],
  ['vfio-perf', 'tsc-pairs', (facts: RecordingFacts) => ({ ...facts, hostClockPairs: PAIRS_OF_PERF })],
] as const)('a rhythm that is met a beat beside its place: %s', (name, method, withTsc) => {
  it('is found in its place by what KVM says of the TSC, which then lies inside the causal interval', async () => {
    const relation = await relationOf(name, withTsc);
    expect(relation).toMatchObject({ method, ok: true });
    expect(relation.interval!.low).toBeLessThan(0);
    expect(relation.interval!.high).toBeGreaterThan(0);
  });

  it('is found there without it as well', async () => {
    const known = await relationOf(name, withTsc);
    const found = await relationOf(name, ({ tscOffsets: _, ...facts }) => facts);
    expect([known.method, found.method]).toEqual([method, 'causal']);
    expect(Math.abs(Number(found.offsetNs - known.offsetNs))).toBeLessThan(found.uncertaintyNs);
  });
});
