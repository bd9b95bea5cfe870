import { describe, expect, it } from 'vitest';
import { FTRACE_REJECTS } from '../../../parsers/ftrace-text.ts';
import { line, parse } from './trace-text.ts';

describe('times', () => {
  it.each([
    ['     0.000001', 0, 1000],
    ['    38.875870', 38, 875_870_000],
    [' 99999.999999', 99_999, 999_999_000],
    ['123456789.000000', 123_456_789, 0],
    ['1763812345.678901', 1_763_812_345, 678_901_000],
    ['123456789012.678901', 123_456_789_012, 678_901_000],
  ])('in microseconds are rounded to the nearest: %s', async (time, sec, nsec) => {
    const { rows, report } = await parse(line({ time }));
    expect(rows).toMatchObject([{ sec, nsec }]);
    expect(report).toMatchObject({ unit: 'ns', roundingNs: 500, clock: 'unknown' });
  });

  it('in nanoseconds are exact', async () => {
    const { rows, report } = await parse(line({ time: '   100.123456789' }));
    expect(rows).toMatchObject([{ sec: 100, nsec: 123_456_789 }]);
    expect(report).toMatchObject({ unit: 'ns', roundingNs: 0, clock: 'unknown' });
  });

  it.each([
    ['           7', 0, 7],
    ['   123456789', 0, 123_456_789],
    ['  1000000000', 1, 0],
    [' 3000483527813', 3000, 483_527_813],
    ['9007199254740993', 9_007_199, 254_740_993],
    ['999999999999999999', 999_999_999, 999_999_999],
  ])('of a counter are exact: %s', async (time, sec, nsec) => {
    const { rows, report } = await parse(line({ time }));
    expect(rows).toMatchObject([{ sec, nsec }]);
    expect(report).toMatchObject({ unit: 'ticks', roundingNs: 0, clock: 'x86-tsc' });
  });

  it('are of no known clock when they count events', async () => {
    const text = Array.from({ length: 20 }, (_, i) => line({ time: String(1000 + i).padStart(12) })).join('');
    expect((await parse(text)).report).toMatchObject({ unit: 'ticks', clock: 'unknown' });
  });

  it('stay those of a TSC when the last line is cut in its time', async () => {
    const text = ['3000483527813', '3000483599999', '3000'].map((time) => line({ time })).join('');
    expect((await parse(text.slice(0, -30))).report).toMatchObject({
      unit: 'ticks',
      clock: 'x86-tsc',
      records: 2,
    });
  });

  it('of both kinds in one stream are not mixed', async () => {
    const text = line() + line({ time: ' 3000483527813' }) + line({ time: '    39.000000' });
    const { rows, rejects, report } = await parse(text);
    expect(rows.map(({ sec }) => sec)).toEqual([38, 39]);
    expect(rejects).toEqual([{ reason: FTRACE_REJECTS.otherClock, offset: line().length, line: 2 }]);
    expect(report.unit).toBe('ns');
  });

  it('with six and with nine digits are one clock, as coarse as the coarser', async () => {
    const { rows, report } = await parse(
      line({ time: '1.000000001' }) + line() + line({ time: '39.000000001' }),
    );
    expect(rows.map(({ nsec }) => nsec)).toEqual([1, 875_870_000, 1]);
    expect(report.roundingNs).toBe(500);
  });
});
