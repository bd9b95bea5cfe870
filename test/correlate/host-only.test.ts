/** A guest's requests by its host alone, held against the same recordings with the guest: the streams are real. */
import { describe, expect, it } from 'vitest';
import { analyze, followRecording } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import { STATUS } from '../../src/correlate/request-table.ts';
import type { PointId } from '../../src/paths/points.ts';
import type { Recording } from '../../src/trace/recording.ts';

const OPTIONS = { version: 'test', title: 'test' };

async function recordingOf(sample: string): Promise<Recording> {
  const file = new URL(`../../samples/${sample}.iotrace.zip`, import.meta.url).pathname;
  const said: string[] = [];
  const { recording } = await openRecording(file, undefined, (line) => said.push(line));
  expect(said).toEqual([]);
  return recording;
}

/** What a recording without a way into the guest holds of the same run. */
function hostAlone({ sources, facts }: Recording): Recording {
  return { sources: sources.filter(({ machine }) => machine === 'host'), groundTruth: undefined, facts };
}

function followed(recording: Recording) {
  const result = followRecording(recording, {});
  if ('failure' in result) throw new Error(result.failure);
  return result.correlated;
}

describe.each([
  'virtio-blk-iothread',
  'virtio-blk-main-loop',
  'virtio-blk-iothread-io-uring',
  'vhost-user-blk-qsd',
])('the host of %s alone', (sample) => {
  it('gives cycles that fill the time from the first submission to the last', async () => {
    const { path, requests } = followed(hostAlone(await recordingOf(sample)));
    expect(path.name).toBe('virtio-blk-host-only');
    const matched = [...requests.status.keys()].filter((at) => requests.status[at] === STATUS.matched);
    expect(matched.length).toBeGreaterThanOrEqual(requests.length * 0.98);
    // Neighbours touch: no time is counted twice or left out.
    for (const at of matched)
      if (requests.status[at + 1] === STATUS.matched)
        expect(requests.start[at]! + requests.total[at]!).toBe(requests.start[at + 1]);
  });

  it('finds the same rows for the points that need no guest', async () => {
    const recording = await recordingOf(sample);
    const whole = followed(recording);
    const alone = followed(hostAlone(recording));
    // A sector that was asked for twice names no request.
    const once = [...alone.requests.sector].filter(
      (sector, _, all) => all.indexOf(sector) === all.lastIndexOf(sector),
    );
    const bySector = new Map(once.map((sector) => [sector, alone.requests.sector.indexOf(sector)]));
    expect(bySector.size).toBeGreaterThan(100);
    const shift = whole.match!.shift;
    const points: readonly PointId[] = [
      'host:issue',
      'host:irq',
      'host:complete',
      'host:aio-notify',
      'kvm:irqfd',
      'kvm:inject',
    ];
    for (const point of points) {
      const differing = [...whole.requests.sector].filter((sector, at) => {
        const other = bySector.get(sector + shift);
        if (other === undefined || whole.requests.status[at] !== STATUS.matched) return false;
        if (alone.requests.status[other] !== STATUS.matched) return false;
        return whole.requests.rows.get(point)?.[at] !== alone.requests.rows.get(point)?.[other];
      });
      expect([point, differing.length]).toEqual([point, 0]);
    }
  });

  it('adds up, with the guest as one stage', async () => {
    const report = analyze(hostAlone(await recordingOf(sample)), OPTIONS);
    if ('failure' in report) throw new Error(report.failure);
    const sum = report.stages
      .filter(({ critical }) => critical)
      .reduce((all, { meanNs, n }) => all + meanNs * n, 0);
    expect(sum / (report.total!.meanNs * report.requests.matched)).toBeCloseTo(1, 9);
    expect(report.stages.some(({ id }) => id === 'guest-whole')).toBe(true);
  });
});

describe('requests that share the drive', () => {
  it('have no cycle of their own and are rejected by name', async () => {
    const recording = hostAlone(await recordingOf('virtio-blk-iothread'));
    const { sources } = recording;
    // The same stream twice, the copy 300 µs later and at other sectors: two requests in flight.
    const source = sources[0]!;
    const copy = {
      ...source,
      name: 'copy',
      events: {
        ...source.events,
        ts: source.events.ts.map((ts) => ts + 300_000),
        tag: source.events.tag.map((tag, row) => (source.events.dev[row]! > 1e6 ? tag + 1e9 : tag)),
      },
    };
    const { requests } = followed({ ...recording, sources: [source, copy] });
    const reasons = [...requests.status.keys()].map((at) => requests.reasons[requests.reason[at]!]);
    expect(
      reasons.filter((reason) => reason?.startsWith('another request was in flight')).length,
    ).toBeGreaterThan(requests.length / 4);
  });
});
