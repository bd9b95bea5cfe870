/** A 64-bit time in two exact parts: seconds and nanoseconds, or a counter's value divided by 1e9 and the rest. */
export interface SplitTime {
  sec: number;
  nsec: number;
}

/** The largest thread id a row can hold. */
export const MAX_TID = 0xffffffff;

/** Splits a decimal number of at most 20 digits, bytes[start, end), at 1e9. False, and nothing read, if it is none. */
export function readSplitTime(bytes: Uint8Array, start: number, end: number, time: SplitTime): boolean {
  if (start === end || end - start > 20) return false;
  let sec = 0;
  let nsec = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return false;
    if (at < end - 9) sec = sec * 10 + digit;
    else nsec = nsec * 10 + digit;
  }
  time.sec = sec;
  time.nsec = nsec;
  return true;
}

/** Reads the decimal number bytes[start, end), at most `most` and 15 digits; -1 if it is none. */
export function readCount(bytes: Uint8Array, start: number, end: number, most: number): number {
  if (start === end || end - start > 15) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value > most ? -1 : value;
}
