import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type PerfFacts, readPerfFacts } from '../../../parsers/perf-data/facts.ts';
import { machineFacts } from '../../../parsers/perf-data/machine-facts.ts';

const file = (name: string) =>
  gunzipSync(readFileSync(new URL(`../../fixtures/perf-data/${name}`, import.meta.url)));

describe('facts of a perf.data file', () => {
  it('gives the NUMA nodes of the machine, and how it was recorded', () => {
    const facts = machineFacts(readPerfFacts(file('vblk-aio-poll0-6.12.data.gz'))!);
    expect(facts.hostNodes).toEqual([
      { node: 0, cpus: [0, 1] },
      { node: 1, cpus: [2, 3] },
    ]);
    expect(facts.notes).toEqual([
      'perf.data: recorded on l1, 6.12.117+deb13-amd64, QEMU TCG CPU version 2.5+',
      expect.stringMatching(/^perf.data: perf 6\.12\.117: \/usr\/bin\/perf record .* -k CLOCK_MONOTONIC /),
    ]);
    // The clock was asked for: perf's own is not in the file.
    expect(facts.hostClockPairs).toBeUndefined();
  });

  it('relates perf’s own clock to the TSC where the file says how (drawn: no machine at hand has it)', () => {
    const perf = {
      clock: 'local',
      // 2.5 GHz: 0.4 ns a tick.
      tscConversion: { shift: 31, multiplier: BigInt(Math.round(0.4 * 2 ** 31)), zero: 1_000n },
      firstSampleNs: 5_000_001_000n,
      lastSampleNs: 9_000_001_000n,
    } as unknown as PerfFacts;
    const pairs = machineFacts(perf).hostClockPairs!;
    expect(pairs.map(({ clock, ns }) => [clock, ns])).toEqual([
      ['local', 5_000_001_000n],
      ['local', 9_000_001_000n],
    ]);
    expect(Math.abs(Number(pairs[0]!.tsc) - 12.5e9)).toBeLessThan(10);
    expect(Math.abs(Number(pairs[1]!.tsc) - 22.5e9)).toBeLessThan(10);
    expect(machineFacts({ ...perf, clock: 'mono' }).hostClockPairs).toBeUndefined();
    expect(machineFacts({ ...perf, lastSampleNs: undefined }).hostClockPairs).toBeUndefined();
  });
});
