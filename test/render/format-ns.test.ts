import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRatio,
  formatShare,
  inUnit,
  plural,
  tableUnit,
} from '../../src/render/format-ns.ts';

describe('tableUnit', () => {
  it.each([
    [0, 'ns', 0],
    [940, 'ns', 0],
    [9_999, 'ns', 0],
    [10_000, 'µs', 1],
    [99_960, 'µs', 1],
    [999_900, 'µs', 1],
    [1_953_000, 'µs', 0],
    [9_999_000, 'µs', 0],
    [10_000_000, 'ms', 1],
    [43_200e9, 's', 0],
    [-34_100, 'µs', 1],
    [Number.NaN, 'ns', 0],
  ])('%d ns is shown in %s with %d decimals', (ns, name, decimals) => {
    expect(tableUnit(ns)).toMatchObject({ name, decimals });
  });

  it('has a step that is the last digit shown', () => {
    expect(tableUnit(34_100).step).toBe(100);
    expect(tableUnit(1_953_000).step).toBe(1_000);
    expect(tableUnit(900).step).toBe(1);
  });
});

describe('inUnit', () => {
  const micro = tableUnit(34_100);
  it.each([
    [34_149, '34.1'],
    [1_234_567_890, '1,234,567.9'],
    [0, '0.0'],
    [-3_210, '-3.2'],
    [49, '<0.1'],
    [0.001, '<0.1'],
    [-49, '>-0.1'],
    [Number.NaN, '–'],
    [Number.NEGATIVE_INFINITY, '–'],
    [1e300, '1.00e+297'],
  ])('%d ns in µs is %s', (ns, text) => {
    expect(inUnit(micro, ns)).toBe(text);
  });

  it('never prints something that was observed as 0', () => {
    for (const ns of [1e-9, 1, 40, 50, 60]) expect(inUnit(micro, ns)).not.toMatch(/^0(\.0)?$/);
  });
});

describe('numbers on their own', () => {
  it.each([
    [0, '0 ns'],
    [0.4, '0.4 ns'],
    [85, '85 ns'],
    [999, '999 ns'],
    [1_234, '1.23 µs'],
    [21_300, '21.3 µs'],
    [1_953_000, '1,953 µs'],
    [12_340_000, '12.3 ms'],
    [-15_800, '-15.8 µs'],
    [4.32e13, '43,200 s'],
    [Number.NaN, '–'],
  ])('the duration of %d ns is %s', (ns, text) => {
    expect(formatDuration(ns)).toBe(text);
  });

  it('separates thousands the same way everywhere and keeps every digit of a count', () => {
    expect(formatCount(1_953)).toBe('1,953');
    expect(formatCount(Number.MAX_SAFE_INTEGER)).toBe('9,007,199,254,740,991');
    expect(formatCount(0)).toBe('0');
    expect(formatCount(Number.NaN)).toBe('–');
  });

  it('says less than the last digit for shares and ratios that are there', () => {
    expect([formatShare(0.836), formatShare(0.004), formatShare(0), formatShare(1.012, 1)]).toEqual([
      '84 %',
      '<1 %',
      '0 %',
      '101.2 %',
    ]);
    expect([
      formatRatio(2),
      formatRatio(31.42),
      formatRatio(312.4),
      formatRatio(0.001),
      formatRatio(0),
    ]).toEqual(['2.00', '31.4', '312', '<0.01', '0']);
  });

  it('names block sizes', () => {
    expect([512, 4096, 65_536, 1_048_576, 6_656, 1_000].map(formatBytes)).toEqual([
      '512 B',
      '4 KiB',
      '64 KiB',
      '1 MiB',
      '6,656 B',
      '1,000 B',
    ]);
    expect([plural(1, 'event'), plural(0, 'event'), plural(2_000, 'event')]).toEqual([
      '1 event',
      '0 events',
      '2,000 events',
    ]);
  });
});
