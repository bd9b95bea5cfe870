import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import type { GroundTruth, Recording } from '../../src/trace/recording.ts';

/** The recording with its guest's clock, and the application's log on it, set off by `shiftNs` and running `ppm` faster. */
function withGuestClock(recording: Recording, shiftNs: bigint, ppm: number): Recording {
  const faster = (ns: number) => Math.round(ns * (1 + ppm / 1e6));
  const moveLog = (truth: GroundTruth | undefined): GroundTruth | undefined => {
    const guest = recording.sources.find(({ machine }) => machine === 'guest')!;
    if (truth?.log === undefined) return truth;
    const before = Number(truth.log.epochNs - guest.events.epoch);
    const move = (ns: Float64Array) => ns.map((value) => faster(value + before) - before);
    const log = { ...truth.log, epochNs: truth.log.epochNs + shiftNs };
    return { ...truth, log: { ...log, startNs: move(log.startNs), endNs: move(log.endNs) } };
  };
  return {
    // Without the TSC: it is the causal relation that has to follow the clock.
    facts: { ...recording.facts, tscOffsets: undefined },
    groundTruth: moveLog(recording.groundTruth),
    sources: recording.sources.map((source) =>
      source.machine === 'host'
        ? source
        : {
            ...source,
            events: {
              ...source.events,
              epoch: source.events.epoch + shiftNs,
              ts: source.events.ts.map(faster),
            },
          },
    ),
  };
}

function reportOf(recording: Recording): ReportModel {
  const report = analyze(recording, { version: '0', title: '' });
  if ('failure' in report) throw new Error(report.failure);
  return report;
}

const SAMPLES = ['virtio-blk-iothread', 'virtio-blk-userspace-nvme', 'vfio-pci-nvme', 'vhost-user-blk-qsd'];

describe.each(SAMPLES)('%s with another guest clock', async (name) => {
  const file = fileURLToPath(new URL(`../../samples/${name}.iotrace.zip`, import.meta.url));
  const { recording } = await openRecording(file, undefined, () => undefined);
  const plain = reportOf(withGuestClock(recording, 0n, 0));

  it.each([
    [1_000_000n, 0],
    [-1_000_000n, 0],
    [0n, 50],
    [1_000_000n, -50],
  ])('shifted by %d ns, %d ppm fast: the same stages, within the bound that is printed', (shiftNs, ppm) => {
    const moved = reportOf(withGuestClock(recording, shiftNs, ppm));
    expect(moved.requests.matched).toBe(plain.requests.matched);
    expect(moved.path.name).toBe(plain.path.name);
    const drift = (ns: number) => (Math.abs(ns) * Math.abs(ppm)) / 1e6 + 2;
    for (const stage of plain.stages) {
      const other = moved.stages.find(({ id }) => id === stage.id);
      // A stage of single requests may change its name where a bound decides the order; one of many may not.
      if (stage.n < plain.requests.matched * 0.05) continue;
      expect(other, stage.id).toBeDefined();
      const bound = stage.uncertaintyNs + other!.uncertaintyNs + drift(stage.meanNs);
      expect(Math.abs(other!.meanNs - stage.meanNs), stage.id).toBeLessThanOrEqual(bound);
    }
    expect(Math.abs(moved.total.meanNs - plain.total.meanNs)).toBeLessThanOrEqual(drift(plain.total.meanNs));
  });
});
