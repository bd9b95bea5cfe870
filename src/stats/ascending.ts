/**
 * Sorting of durations. They are integers of at most 31 bits, so three rounds over 11 bits each put them in order in
 * time proportional to their number; equal ones keep their order.
 */
const BITS = 11;
const MASK = (1 << BITS) - 1;

/** The values of a column of integers >= 0 in ascending order, as a new column. */
export function ascending(values: Int32Array): Int32Array {
  const rounds = roundsOf(values);
  if (rounds === 0) return values.slice();
  const rooms = Array.from({ length: Math.min(rounds, 2) }, () => new Int32Array(values.length));
  let from = values;
  for (let round = 0; round < rounds; round++) {
    const shift = round * BITS;
    const next = startsOf(values, shift);
    const to = rooms[round % 2]!;
    for (let at = 0; at < from.length; at++) {
      const value = from[at]!;
      to[next[(value >>> shift) & MASK]!++] = value;
    }
    from = to;
  }
  return from;
}

/** Positions in the order of the values there, integers >= 0; equal ones in their own order. */
export function ascendingOrder(values: Int32Array): Int32Array {
  let from = new Int32Array(values.length);
  for (let at = 0; at < from.length; at++) from[at] = at;
  let to = new Int32Array(values.length);
  for (let shift = 0; shift < roundsOf(values) * BITS; shift += BITS) {
    const next = startsOf(values, shift);
    for (let at = 0; at < from.length; at++) {
      const position = from[at]!;
      to[next[(values[position]! >>> shift) & MASK]!++] = position;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** How many rounds the largest value needs. */
function roundsOf(values: Int32Array): number {
  let bits = 0;
  for (let at = 0; at < values.length; at++) bits |= values[at]!;
  return Math.ceil((32 - Math.clz32(bits)) / BITS);
}

/** Where the values with each digit begin. */
function startsOf(values: Int32Array, shift: number): Int32Array {
  const starts = new Int32Array(MASK + 2);
  for (let at = 0; at < values.length; at++) starts[((values[at]! >>> shift) & MASK) + 1]!++;
  for (let digit = 0; digit < MASK; digit++) starts[digit + 1]! += starts[digit]!;
  return starts;
}
