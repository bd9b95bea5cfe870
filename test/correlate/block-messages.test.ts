import { describe, expect, it } from 'vitest';
import { DIRECTION, kindId, packRequest } from '../../parsers/event-kinds.ts';
import { tiedMessages, waysBetween } from '../../src/correlate/cpu-ways.ts';
import { skewedCpus } from '../../src/correlate/skewed-cpus.ts';
import { EventTableBuilder } from '../../src/trace/event-table-builder.ts';
import { indexOccurrences } from '../../src/trace/occurrences.ts';
import { randomFrom } from '../support/damage.ts';

const ISSUE = kindId('block_rq_issue');
const COMPLETE = kindId('block_rq_complete');
const READ = packRequest(8, DIRECTION.read);

interface Drawn {
  readonly requests: number;
  /** Sectors that are read, one after the other and again from the first. */
  readonly sectors: number;
  /** What is added to the stamps of completions, ns, of requests from this one on. */
  readonly offBy: number;
  readonly from?: number;
  /** Share of all rows that is lost. */
  readonly lost?: number;
}

/** Reads that CPU 0 issues every 20 µs and CPU 1 completes 10 µs later; times are drawn. */
function waysOf({ requests, sectors, offBy, from = 0, lost = 0 }: Drawn) {
  const random = randomFrom(1);
  const rows = Array.from({ length: requests }, (_, request) => {
    const issued = 1_000_000 + request * 20_000;
    const sector = 8 * (request % sectors);
    return [
      { kind: ISSUE, ns: issued, cpu: 0, sector },
      { kind: COMPLETE, ns: issued + 10_000 + (request >= from ? offBy : 0), cpu: 1, sector },
    ];
  });
  const left = rows
    .flat()
    .filter(() => random() >= lost)
    .sort((a, b) => a.ns - b.ns);
  const builder = new EventTableBuilder();
  for (const { kind, ns, cpu, sector } of left)
    builder.event(kind, Math.floor(ns / 1e9), ns % 1e9, cpu, 0, 0, sector, READ);
  const table = builder.build().events;
  return waysBetween(table, tiedMessages(indexOccurrences(table)));
}

const skewOf = (drawn: Drawn) => skewedCpus(waysOf(drawn));

describe('issues and completions', () => {
  it('bound how far clocks can differ only where they were looked at to the end of the recording', () => {
    const [whole] = waysOf({ requests: 1_000, sectors: 40, offBy: 0 });
    expect(whole!.took.length).toBe(1_000);
    const [cut] = waysOf({ requests: 60_000, sectors: 40, offBy: 0 });
    expect(cut!.latencies.length).toBeGreaterThan(0);
    expect(cut!.took).toEqual([]);
  });
});

describe('completions before their issue', () => {
  it('tell that the clocks of two CPUs differ, by at least so much', () => {
    expect(skewOf({ requests: 40, sectors: 40, offBy: -17_000 })).toEqual([{ cpus: [0, 1], atLeast: 7_000 }]);
  });

  it('tell it with several requests between the two, and from a moment on', () => {
    expect(skewOf({ requests: 40, sectors: 40, offBy: -200_000, from: 20 })).toEqual([
      { cpus: [0, 1], atLeast: 190_000 },
    ]);
  });

  it.each([
    ['in time', { requests: 40, sectors: 40, offBy: -9_000 }],
    ['a sector read again at once', { requests: 400, sectors: 1, offBy: 9_000 }],
    ['half of the events lost', { requests: 4000, sectors: 4000, offBy: 0, lost: 0.5 }],
    ['events lost where sectors are read again', { requests: 4000, sectors: 3, offBy: 9_000, lost: 0.05 }],
  ])('are not seen in sound clocks: %s', (_, drawn) => {
    expect(skewOf(drawn)).toEqual([]);
  });
});
