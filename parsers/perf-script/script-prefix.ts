import type { ByteCursor } from '../byte-cursor.ts';
import { MAX_TID, NO_CPU, NO_TID } from '../perf-data/row-limits.ts';

/** TASK_COMM_LEN less its zero byte. */
const MAX_COMM = 15;
/** Bytes behind the name before the colon of the time: `4194304/4194304 [65535] K 99999999999.123456789`, with blanks. */
const MAX_COLUMNS = 80;

const BLANK = 0x20;
const COLON = 0x3a;
const DOT = 0x2e;
const MINUS = 0x2d;
const SLASH = 0x2f;
const ZERO = 0x30;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/**
 * The columns before an event's name in a line of `perf script`, as far as its -F option asked for them:
 *
 *          swapper     0 [002]   661.094348:   a name may hold blanks and anything else
 *        CPU 0/KVM  7856/7867  [002]  1123.335238123:
 *               dd  6389 [001] K  1625.267776:
 *    dd  6385  1623.745722:
 *     1625.267776:
 *
 * A name can look like the columns behind it, so they are read backwards from the last colon that leaves a name of
 * possible length. No colon is among the columns, so one behind the longest name is the time's, or none is.
 */
export class ScriptPrefix {
  sec = 0;
  nsec = 0;
  /** Digits behind the dot: 6 or 9 (`--ns`). */
  digits = 0;
  /** NO_CPU when the line does not tell. */
  cpu = NO_CPU;
  /** NO_TID when the line does not tell, or says -1: the task was gone. */
  tid = NO_TID;
  /** The process, -1 when the line does not tell. */
  tgid = -1;
  /** Where the task's name is; empty when the line does not tell. */
  commStart = 0;
  commEnd = 0;
  /** The last colon that had a time before it. */
  #lastTime = 0;

  /** Reads the columns of a line and leaves it behind them; false, and not moved, when it has none. */
  read(line: ByteCursor): boolean {
    const { bytes, at: start, end } = line;
    let first = start;
    while (first < end && bytes[first] === BLANK) first++;
    const last = Math.min(end - 2, first + MAX_COMM + MAX_COLUMNS);
    let found = -1;
    for (let at = first; at <= last; at++) {
      if (bytes[at] !== COLON || bytes[at + 1] !== BLANK || !this.#readBefore(bytes, first, at)) continue;
      found = at;
      // Only a colon that can itself be part of a name may be followed by the real one.
      if (at - first >= MAX_COMM) break;
    }
    if (found < 0) return false;
    // A later colon that turned out not to be it has overwritten the columns.
    if (this.#lastTime !== found) this.#readBefore(bytes, first, found);
    line.at = found + 1;
    line.skipBlanks();
    return true;
  }

  #readBefore(bytes: Uint8Array, first: number, colon: number): boolean {
    let at = this.#readTime(bytes, first, colon);
    if (at < 0) return false;
    this.#lastTime = colon;
    at = this.#readCpu(bytes, first, skipBlanks(bytes, first, at));
    if (at < 0) return false;
    at = skipBlanks(bytes, first, this.#readTask(bytes, first, skipBlanks(bytes, first, at)));
    this.commStart = first;
    this.commEnd = at;
    return at - first <= MAX_COMM;
  }

  /** `661.094348` before the colon; where it begins. */
  #readTime(bytes: Uint8Array, first: number, colon: number): number {
    const fraction = skipDigits(bytes, first, colon);
    const digits = colon - fraction;
    if ((digits !== 6 && digits !== 9) || fraction <= first || bytes[fraction - 1] !== DOT) return -1;
    const start = skipDigits(bytes, first, fraction - 1);
    const length = fraction - 1 - start;
    if (length === 0 || length > 12 || (start > first && bytes[start - 1] !== BLANK)) return -1;
    this.digits = digits;
    this.sec = decimal(bytes, start, fraction - 1);
    this.nsec = decimal(bytes, fraction, colon) * (digits === 6 ? 1000 : 1);
    return start;
  }

  /** `[002]`, with or without the letters of `-F +misc` behind it; where it begins. */
  #readCpu(bytes: Uint8Array, first: number, end: number): number {
    this.cpu = NO_CPU;
    let at = end;
    while (at > first && bytes[at - 1]! >= 0x41 && bytes[at - 1]! <= 0x5a) at--;
    if (at < end) at = skipBlanks(bytes, first, at);
    if (at <= first || bytes[at - 1] !== CLOSE) return end;
    const start = skipDigits(bytes, first, at - 1);
    if (start === at - 1 || start <= first || bytes[start - 1] !== OPEN) return end;
    this.cpu = decimal(bytes, start, at - 1);
    return this.cpu < NO_CPU ? start - 1 : -1;
  }

  /** `7867`, `7856/7867` or `-1`; where it begins, or `end` when there is none. */
  #readTask(bytes: Uint8Array, first: number, end: number): number {
    this.tid = NO_TID;
    this.tgid = -1;
    let at = skipDigits(bytes, first, end);
    if (at === end || end - at > 7) return end;
    const tid = decimal(bytes, at, end);
    if (at > first && bytes[at - 1] === MINUS) at--;
    else if (tid <= MAX_TID) this.tid = tid;
    if (at > first && bytes[at - 1] === SLASH) {
      const start = skipDigits(bytes, first, at - 1);
      if (start < at - 1 && at - 1 - start <= 7) {
        this.tgid = decimal(bytes, start, at - 1);
        at = start;
        if (at > first && bytes[at - 1] === MINUS) at--;
      }
    }
    if (at === first || bytes[at - 1] === BLANK) return at;
    this.tid = NO_TID;
    this.tgid = -1;
    return end;
  }
}

function skipBlanks(bytes: Uint8Array, first: number, end: number): number {
  let at = end;
  while (at > first && bytes[at - 1] === BLANK) at--;
  return at;
}

function skipDigits(bytes: Uint8Array, first: number, end: number): number {
  let at = end;
  while (at > first && bytes[at - 1]! >= ZERO && bytes[at - 1]! <= ZERO + 9) at--;
  return at;
}

function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + bytes[at]! - ZERO;
  return value;
}
