import { describe, expect, it } from 'vitest';
import { LatestRows } from '../../src/trace/latest-rows.ts';
import { NO_ROW } from '../../src/trace/units.ts';

describe('LatestRows', () => {
  it('keeps the latest row of every key, however large or small', () => {
    const latest = new LatestRows();
    const keys = [0, 1, 16_383, 16_384, 4_194_303, 4_194_304, 4_294_967_295, -3];
    for (const key of keys) expect(latest.get(key)).toBe(NO_ROW);
    keys.forEach((key, at) => void latest.set(key, at));
    expect(keys.map((key) => latest.get(key))).toEqual([...keys.keys()]);
    latest.set(16_384, 77);
    expect(latest.get(16_384)).toBe(77);
    expect(latest.get(2)).toBe(NO_ROW);
  });
});
