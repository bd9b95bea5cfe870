/** Where a value stands in a column, or how often. Of columns of millions: neither an iterator nor a function is called for each place. */

type Column = Int32Array | Uint8Array | Uint16Array;

/** Places that hold a value, in their order. */
export function placesOf(column: Column, value: number): Int32Array {
  const places = new Int32Array(column.length);
  let count = 0;
  for (let place = 0; place < column.length; place++) if (column[place] === value) places[count++] = place;
  return places.slice(0, count);
}

/** How many places hold a value. */
export function countOf(column: Column, value: number): number {
  let count = 0;
  for (let place = 0; place < column.length; place++) if (column[place] === value) count++;
  return count;
}
