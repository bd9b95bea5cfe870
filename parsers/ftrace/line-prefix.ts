/**
 * Everything before an event's name, kernel/trace/trace_output.c `trace_print_context`: the task's name in 16 columns,
 * its tid, with options its thread group and five state letters, the CPU, and the time.
 *
 *        CPU 0/KVM-8109    (   8098) [003]  3000483527813: kvm_inj_virq: IRQ 0xec       (clock x86-tsc)
 *           <idle>-0       (-------) [003]   1451.680332: irq_handler_entry: irq=34 name=virtio1-output.0
 *              qd1-151     [000] d.h1.    38.875870: vring_interrupt: (vring_interrupt+0x0/0xd0 [virtio_ring]) irq=25
 *
 * trace-cmd prints the same with other numbers of blanks.
 */
import type { ByteCursor } from '../byte-cursor.ts';

/** PID_MAX_LIMIT of a 64-bit kernel: no task has this number or a greater one. */
export const MAX_TID = 4_194_304;

/** TASK_COMM_LEN less its zero byte. */
const MAX_NAME = 15;
/** Width of the column that a name is printed in. */
const NAME_COLUMN = 16;
/** `%16s-%-5d [%03d] %5lu.%06lu: ` of trace-cmd, the shortest. */
const MIN_PREFIX = 43;
const MAX_CPU_DIGITS = 4;
/** The longest time that is believed, 31,000 years. */
const MAX_SECONDS = 1e12;
/** Digits of the longest tid. */
const MAX_TID_DIGITS = 7;
const MAX_FLAGS = 12;

const SPACE = 0x20;
const TAB = 0x09;
const DASH = 0x2d;
const OPEN = 0x28;
const CLOSE = 0x29;
const BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;

const POWERS = Int32Array.from({ length: 10 }, (_, i) => 10 ** i);

/** The parts of one prefix, overwritten by each line. */
export class LinePrefix {
  /** The task's name is bytes[nameStart, dash), behind blanks. */
  nameStart = 0;
  dash = 0;
  tid = 0;
  /** Where the thread group stands, behind its parenthesis; -1 when the line has no such column. */
  groupAt = -1;
  cpu = 0;
  /** Whole seconds and nanoseconds, or a counter's value divided by 1e9 and the remainder. */
  sec = 0;
  nsec = 0;
  /** Digits behind the dot of the time; 0 for a counter, which has no dot. */
  fractionDigits = -1;

  /**
   * Reads the prefix of an unchanged line, whose dash stands in a fixed column, and moves behind it. False, and not
   * moved, if the line is not one.
   */
  readColumns(line: ByteCursor): boolean {
    const { bytes, at, end } = line;
    const dash = at + NAME_COLUMN;
    if (end - at < MIN_PREFIX || bytes[dash] !== DASH || bytes[at] !== SPACE) return false;
    this.nameStart = at;
    return this.readBehindName(line, dash);
  }

  /**
   * Reads the prefix of a line that has lost blanks at its beginning. The name itself may look like a prefix:
   * `a [000] 1.0: x-123 …`, so the dash is looked for from the longest name backwards.
   */
  search(line: ByteCursor): boolean {
    const { bytes, end } = line;
    let first = line.at;
    while (first < end && (bytes[first] === SPACE || bytes[first] === TAB)) first += 1;
    this.nameStart = first;
    for (let dash = Math.min(first + MAX_NAME, end - 1); dash > first; dash -= 1) {
      if (bytes[dash] === DASH && this.readBehindName(line, dash)) return true;
    }
    return false;
  }

  /** The thread group, -1 when the line does not say. */
  group(bytes: Uint8Array): number {
    if (this.groupAt < 0) return -1;
    let at = skipBlanks(bytes, this.groupAt);
    let group = 0;
    for (let digit = digitOf(bytes[at]!); digit <= 9; digit = digitOf(bytes[at]!)) {
      group = (group * 10 + digit) | 0;
      at += 1;
    }
    return group > 0 && group < MAX_TID ? group : -1;
  }

  /**
   * Everything from the dash to the time: `-8109    (   8098) [003] d.h1.    38.875870: `. One long function of plain loops,
   * because it reads half the bytes of a trace and calls would make it a fifth slower; the loops end by themselves, at the
   * latest at the line's end.
   */
  private readBehindName(line: ByteCursor, dash: number): boolean {
    const { bytes, end } = line;
    let at = dash + 1;
    let tid = 0;
    for (let digit = digitOf(bytes[at]!); digit <= 9; digit = digitOf(bytes[at]!)) {
      tid = (tid * 10 + digit) | 0;
      at += 1;
    }
    if (at === dash + 1 || at > dash + 1 + MAX_TID_DIGITS || tid >= MAX_TID || bytes[at] !== SPACE)
      return false;
    while (bytes[at] === SPACE) at += 1;
    // As wide as the longest tid: `(   8098) `, `(-------) `.
    let groupAt = -1;
    if (bytes[at] === OPEN) {
      groupAt = at + 1;
      at += MAX_TID_DIGITS + 1;
      if (at + 1 >= end || bytes[at] !== CLOSE || bytes[at + 1] !== SPACE) return false;
      at += 2;
    }
    if (bytes[at] !== BRACKET) return false;
    at += 1;
    const cpuAt = at;
    let cpu = 0;
    for (let digit = digitOf(bytes[at]!); digit <= 9; digit = digitOf(bytes[at]!)) {
      cpu = (cpu * 10 + digit) | 0;
      at += 1;
    }
    if (at < cpuAt + 3 || at > cpuAt + MAX_CPU_DIGITS || bytes[at] !== CLOSE_BRACKET) return false;
    at += 1;
    while (bytes[at] === SPACE) at += 1;
    if (digitOf(bytes[at]!) > 9) {
      const flagsAt = at;
      while (bytes[at] !== SPACE && at < end) at += 1;
      if (at > flagsAt + MAX_FLAGS) return false;
      while (bytes[at] === SPACE) at += 1;
    }
    this.dash = dash;
    this.tid = tid;
    this.groupAt = groupAt;
    this.cpu = cpu;
    return this.readTime(line, at);
  }

  /**
   * `38.875870: `, `38.875870123: `, `1763812345.678901: ` of a clock that counts from 1970, or `3000483527813: `, a counter of
   * up to 18 digits (a TSC of 3 GHz after ten years). Nine digits fit a 32-bit integer, which is much faster than a double.
   */
  private readTime(line: ByteCursor, start: number): boolean {
    const { bytes } = line;
    let at = start;
    let first = 0;
    for (let digit = digitOf(bytes[at]!); digit <= 9 && at < start + 9; digit = digitOf(bytes[at]!)) {
      first = (first * 10 + digit) | 0;
      at += 1;
    }
    const isShort = bytes[at] === DOT && at > start;
    if (isShort) at += 1;
    const secondAt = at;
    let second = 0;
    for (let digit = digitOf(bytes[at]!); digit <= 9 && at < secondAt + 9; digit = digitOf(bytes[at]!)) {
      second = (second * 10 + digit) | 0;
      at += 1;
    }
    if (isShort) {
      const digits = at - secondAt;
      this.sec = first;
      this.nsec = digits === 6 ? second * 1000 : second;
      this.fractionDigits = digits;
      return (digits === 6 || digits === 9) && endTime(line, at);
    }
    if (bytes[at] === DOT) return this.readLongSeconds(line, at, first * POWERS[at - secondAt]! + second);
    return at > start && this.setCounter(bytes, start, at, first, second) && endTime(line, at);
  }

  /** A counter, kept in two parts because it may be above 2^53: the last nine digits, and those before them. */
  private setCounter(bytes: Uint8Array, start: number, end: number, first: number, second: number): true {
    let upper = 0;
    for (let i = start; i < end - 9; i += 1) upper = (upper * 10 + digitOf(bytes[i]!)) | 0;
    const power = POWERS[Math.max(0, end - start - 9)]!;
    this.sec = upper;
    // Below 1e9, so it is right modulo 2^32 and needs no double.
    this.nsec = (Math.imul(first, power) + second - Math.imul(upper, 1_000_000_000)) | 0;
    this.fractionDigits = 0;
    return true;
  }

  private readLongSeconds(line: ByteCursor, dot: number, sec: number): boolean {
    // From the last digit before the dot on it is a time with short seconds.
    if (sec > MAX_SECONDS || !this.readTime(line, dot - 1)) return false;
    this.sec = sec;
    return true;
  }
}

/** Moves from the end of the time, `: `, to the event's name. False if the time does not end like this. */
function endTime(line: ByteCursor, end: number): boolean {
  const { bytes } = line;
  if (bytes[end] !== COLON || bytes[end + 1] !== SPACE) return false;
  line.at = skipBlanks(bytes, end + 1);
  return true;
}

function skipBlanks(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] === SPACE) at += 1;
  return at;
}

/** The value of a digit; any other byte gives a number above 9. */
function digitOf(byte: number): number {
  return (byte - ZERO) >>> 0;
}
