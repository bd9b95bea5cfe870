/** The different values of a column, numbered as they are met: what is counted by value is then counted in arrays. */
export interface Keys {
  /** Per row the number of its value. */
  readonly numbers: Uint16Array;
  /** Per number the value; NaN (not recorded) is one of them. */
  readonly values: readonly number[];
}

/** Values that get numbers of their own; all that come after share one, whose value is no column's. */
const MOST_KEYS = 65_535;
const OTHERS = Number.POSITIVE_INFINITY;

/** Numbers the values of a column at some rows. */
export function keysAt(column: Float64Array | Uint32Array, rows: Uint32Array): Keys {
  const numbers = new Uint16Array(rows.length);
  const values: number[] = [];
  const known = new Map<number, number>();
  let number = -1;
  for (let at = 0; at < rows.length; at++) {
    const value = column[rows[at]!]!;
    // Neighbouring rows are often of one object.
    if (number === -1 || values[number] !== value) number = numberOf(known, values, value);
    numbers[at] = number;
  }
  return { numbers, values };
}

function numberOf(known: Map<number, number>, values: number[], value: number): number {
  let number = known.get(value);
  if (number === undefined) {
    number = Math.min(values.length, MOST_KEYS);
    if (number < MOST_KEYS) {
      known.set(value, number);
      values.push(value);
    } else values[number] = OTHERS;
  }
  return number;
}

/** Whether a value is a single one, not one of too many. */
export function isSingle(value: number): boolean {
  return value !== OTHERS;
}
