import type { ByteCursor } from './byte-cursor.ts';

/** Seconds and nanoseconds since 1970. */
export interface IsoTime {
  sec: number;
  nsec: number;
}

/** Digits of year, month, day, hour, minute, second, and the byte behind each but the last. */
const PARTS = [
  [4, 0x2d],
  [2, 0x2d],
  [2, 0x54],
  [2, 0x3a],
  [2, 0x3a],
  [2, 0],
] as const;

const DOT = 0x2e;
const ZULU = 0x5a;

/**
 * Reads 2026-11-22T10:38:27.611038Z, as GLib prints a time in UTC: the fraction has up to nine digits and is absent
 * when it is zero. False, and the cursor anywhere, where the bytes are something else.
 */
export function readIsoTime(cursor: ByteCursor, time: IsoTime): boolean {
  const parts: number[] = [];
  for (const [digits, behind] of PARTS) {
    const value = fixed(cursor, digits);
    if (value < 0 || (behind !== 0 && !cursor.skip(behind))) return false;
    parts.push(value);
  }
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59) return false;
  time.sec = date.getTime() / 1000;
  time.nsec = 0;
  if (cursor.skip(DOT)) {
    const start = cursor.at;
    const fraction = cursor.decimal();
    const digits = cursor.at - start;
    if (fraction < 0 || digits > 9) return false;
    time.nsec = fraction * 10 ** (9 - digits);
  }
  return cursor.skip(ZULU);
}

function fixed(cursor: ByteCursor, digits: number): number {
  const start = cursor.at;
  const value = cursor.decimal();
  return cursor.at - start === digits ? value : -1;
}
