import { describe, expect, it } from 'vitest';
import { overheadOf } from '../../src/report/overhead-part.ts';

describe('what tracing adds', () => {
  it('is the mean difference of the windows, with its interval', () => {
    const overhead = overheadOf({
      by: 'application',
      untracedNs: [10_000, 10_200, 9800, 10_000],
      tracedNs: [12_000, 12_300, 11_700, 12_000],
    });
    expect(overhead.kind).toBe('measured');
    expect(overhead.perRequestNs).toBe(2000);
    // Differences 2000, 2100, 1900, 2000: deviation 81.65, t(3) = 3.182.
    expect(overhead.openNs).toBeCloseTo((3.182 * 81.65) / 2, 0);
    expect(overhead.text).toContain('tracing adds 2.00 ±0.13 µs to 10.00 µs a request (20.0 %; 4 pairs');
    expect(overhead.text).not.toContain('stray');
  });

  it('is not called a cost where the windows stray more by themselves', () => {
    const overhead = overheadOf({ by: 'disk', untracedNs: [100, 200], tracedNs: [150, 180] });
    expect(overhead.text).toContain('within what the windows stray');
  });

  it('is not measured without windows', () => {
    expect(overheadOf(undefined)).toMatchObject({ kind: 'not measured', perRequestNs: null });
    expect(overheadOf({ by: 'disk', untracedNs: [1], tracedNs: [2] })).toMatchObject({ perRequestNs: null });
  });
});
