import { describe, expect, it } from 'vitest';
import { apportion } from '../../src/render/apportion.ts';

describe('apportion', () => {
  it('rounds up those with the largest remainders until the whole is reached', () => {
    expect(apportion([1.4, 2.4, 3.2], 7)).toEqual([2, 2, 3]);
    expect(apportion([0.5, 0.5], 1)).toEqual([1, 0]);
  });

  it('is never a whole unit away from the value and always makes the whole', () => {
    const values = Array.from({ length: 23 }, (_, at) => ((at * 7919) % 1000) / 37);
    const whole = Math.round(values.reduce((sum, value) => sum + value, 0));
    const out = apportion(values, whole)!;
    expect(out.reduce((sum, value) => sum + value, 0)).toBe(whole);
    for (const [at, value] of values.entries()) expect(Math.abs(out[at]! - value)).toBeLessThan(1);
  });

  it('rounds negative values as well', () => {
    expect(apportion([-0.6, 10.4], 10)).toEqual([-1, 11]);
    expect(apportion([-2.5, 5.5], 3)).toEqual([-2, 5]);
  });

  it('refuses a whole the values do not make', () => {
    expect(apportion([1, 2], 4)).toBeNull();
    expect(
      apportion(
        Array.from({ length: 30 }, () => 1.5),
        60,
      ),
    ).toBeNull();
    expect(apportion([1.6], 1)).toBeNull();
    expect(apportion([1.6], 1, 1)).toEqual([1]);
    expect(apportion([Number.NaN, 1], 1)).toBeNull();
    expect(apportion([Number.POSITIVE_INFINITY], 1)).toBeNull();
    expect(apportion([], 0)).toEqual([]);
  });
});
