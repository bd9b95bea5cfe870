/** What only one side's report has found, and what all its runs have to agree on. */
import { describe, expect, it } from 'vitest';
import { foundDifferences } from '../../src/diff/found.ts';
import type { ReportModel } from '../../src/report/report-model.ts';

const run = (hopsPerRequest: number | null, ...ids: string[]) => ({
  model: {
    numa: { hopsPerRequest },
    findings: ids.map((id) => ({ id, title: `title of ${id}` })),
  } as unknown as ReportModel,
});

describe('foundDifferences', () => {
  it('names the findings that are gone and those that came, and the hops', () => {
    expect(foundDifferences([run(2, 'iothread-node', 'both')], [run(0, 'both', 'memory-node')])).toEqual([
      { name: 'hops between nodes a request', a: '2.00', b: '0.00', refuses: false },
      { name: 'finding iothread-node', a: 'title of iothread-node', b: null, refuses: false },
      { name: 'finding memory-node', a: null, b: 'title of memory-node', refuses: false },
    ]);
  });

  it('says nothing where nothing differs, or where the runs of a side do not agree', () => {
    expect(foundDifferences([run(null, 'x')], [run(null, 'x')])).toEqual([]);
    expect(foundDifferences([run(0, 'x'), run(0)], [run(0), run(0)])).toEqual([]);
    expect(foundDifferences([run(0, 'x')], [run(0, 'x'), run(0)])).toEqual([]);
  });
});
