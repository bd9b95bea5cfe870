import { expect, it } from 'vitest';
import { isSingle, keysAt } from '../../src/trace/keys.ts';

it('numbers values as they are met, not-recorded among them', () => {
  const { numbers, values } = keysAt(
    Float64Array.of(7, Number.NaN, 7, 9, Number.NaN, 5),
    Uint32Array.of(0, 1, 2, 3, 4),
  );
  expect([...numbers]).toEqual([0, 1, 0, 2, 1]);
  expect(values).toEqual([7, Number.NaN, 9]);
});

it('lets those beyond the limit share a number that is no single value', () => {
  const column = Float64Array.from({ length: 70_000 }, (_, value) => value);
  const { numbers, values } = keysAt(column, Uint32Array.from(column));
  expect(values.length).toBe(65_536);
  expect([numbers[65_534], numbers[65_535], numbers[69_999]]).toEqual([65_534, 65_535, 65_535]);
  expect([isSingle(values[65_534]!), isSingle(values[65_535]!)]).toEqual([true, false]);
});
