/** Of the application's log the lines that can be of a slice. Log and requests are drawn. */
import { describe, expect, it } from 'vitest';
import { SlicedLog } from '../../src/commands/slice-log.ts';
import type { ApplicationMatch } from '../../src/correlate/application.ts';
import { type RequestTable, STATUS } from '../../src/correlate/request-table.ts';

const SECOND = 1e9;
/** The log's clock is ahead of the recording's by so much. */
const AHEAD = 100 * SECOND;

/** A line each tenth of a second: its sector is its number. */
function drawnLog(lines: number) {
  const column = (shift: number) => Float64Array.from({ length: lines }, (_, at) => at * 1e8 + shift);
  return {
    epochNs: 7n,
    epochTsc: 9n,
    sector: Float64Array.from({ length: lines }, (_, at) => at),
    startNs: column(AHEAD),
    endNs: column(AHEAD + 50_000),
    startTsc: column(1),
    endTsc: column(2),
  };
}

/** Two requests, of which the second is matched; it is this line of those that were looked at, at its own time. */
function learned(log: SlicedLog, line: number, first = 0, status: number = STATUS.matched): SlicedLog {
  const start = Float64Array.of(5, (first + line) * 1e8);
  const requests = { length: 2, start, status: Uint8Array.of(STATUS.outside, status) } as RequestTable;
  log.learn(
    requests,
    { entry: Int32Array.of(0, line) } as Partial<ApplicationMatch> as ApplicationMatch,
    first,
  );
  return log;
}

describe('a slice’s part of the log', () => {
  it('is all of it before a request’s line is known', () => {
    const log = drawnLog(100);
    expect(new SlicedLog(log).part(SECOND, 2 * SECOND)).toEqual({ log, first: 0 });
    // Neither a request that is not matched tells, nor one without a line.
    expect(learned(new SlicedLog(log), 20, 0, STATUS.rejected).part(SECOND, 2 * SECOND).log).toBe(log);
    expect(learned(new SlicedLog(log), -1).part(SECOND, 2 * SECOND).log).toBe(log);
  });

  it('is what begins in the slice and a second around it, as the log’s clock has it', () => {
    const log = drawnLog(100);
    const { log: part, first } = learned(new SlicedLog(log), 20).part(3 * SECOND, 5 * SECOND);
    expect(first).toBe(20);
    expect([...part.sector]).toEqual(Array.from({ length: 40 }, (_, at) => 20 + at));
    for (const name of ['startNs', 'endNs', 'startTsc', 'endTsc'] as const)
      expect(part[name]).toEqual(log[name].subarray(20, 60));
    expect([part.epochNs, part.epochTsc]).toEqual([7n, 9n]);
  });

  it('is learned from a part, whose lines are numbered from its first on', () => {
    const log = drawnLog(100);
    const { first } = learned(new SlicedLog(log), 5, 40).part(3 * SECOND, 5 * SECOND);
    expect(first).toBe(20);
  });

  it('goes to the ends of the log at the ends of the recording', () => {
    const log = learned(new SlicedLog(drawnLog(100)), 20);
    const parts = [log.part(-Infinity, SECOND), log.part(8 * SECOND, Infinity)];
    expect(parts.map(({ log: { sector }, first }) => [first, sector.length])).toEqual([
      [0, 20],
      [70, 30],
    ]);
  });

  it('is all of a log whose lines are out of order', () => {
    const log = drawnLog(100);
    log.startNs[50] = log.startNs[48]! - 1;
    expect(learned(new SlicedLog(log), 20).part(3 * SECOND, 5 * SECOND)).toEqual({ log, first: 0 });
  });
});
