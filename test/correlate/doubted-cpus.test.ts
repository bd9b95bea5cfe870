import { describe, expect, it } from 'vitest';
import type { Way } from '../../src/correlate/cpu-ways.ts';
import { doubtedCpus } from '../../src/correlate/skewed-cpus.ts';
import { analyzeTexts, drawnSubject } from '../faults/subjects.ts';
import { skewCpu, sortByStamp } from '../support/damage.ts';

/** A way of 30 messages, of which so many arrive early that nothing explains. */
function way(from: number, to: number, impossible: number, doubtful: number): Way {
  const latencies = Array.from({ length: 30 }, (_, at) => (at < impossible ? -7_000 : 4_000));
  return {
    from,
    to,
    latencies,
    impossible,
    doubtful,
    earliestNs: impossible > 0 ? 7_000 : 0,
    sent: [],
    took: [],
  };
}

describe('single messages that arrive before they leave, drawn', () => {
  it('show two CPUs that differ where half of the messages find no other end', () => {
    expect(doubtedCpus([way(1, 2, 1, 1)])).toEqual([{ cpus: [1, 2], atLeast: 7_000, often: false }]);
  });

  it('show them where there are two of one CPU', () => {
    const found = doubtedCpus([way(2, 0, 1, 0), way(1, 0, 1, 0), way(1, 2, 0, 0)]);
    expect(found.map(({ cpus, often }) => ({ cpus, often }))).toEqual([
      { cpus: [0, 2], often: true },
      { cpus: [0, 1], often: true },
    ]);
  });

  it('show nothing where there is one among many that all find theirs', () => {
    expect(doubtedCpus([way(1, 2, 1, 0), way(2, 1, 0, 0)])).toEqual([]);
  });
});

describe('a vCPU’s CPU that is off by half the time between two interrupts, drawn, put in order', () => {
  const { texts, facts } = drawnSubject(6, 'vfio');
  const off = sortByStamp(skewCpu(texts.host, 2, -20_000n));

  it('is found', async () => {
    const analyzed = await analyzeTexts({ ...texts, host: off }, facts);
    if ('failure' in analyzed) throw new Error(analyzed.failure);
    expect(analyzed.followed.correlated.misclocked.host.pairs).toMatchObject([{ cpus: [1, 2] }]);
    expect(['E', 'F']).toContain(analyzed.report.grade.letter);
  });

  it('is not looked for by single messages where a file says that events are lost', async () => {
    const counted = off.replace(/(entries-written: )(\d+)\/(\d+)/, '$19999/9999');
    expect(counted).not.toBe(off);
    const analyzed = await analyzeTexts({ ...texts, host: counted }, facts);
    if ('failure' in analyzed) throw new Error(analyzed.failure);
    expect(analyzed.followed.correlated.misclocked.host.pairs).toEqual([]);
  });
});
