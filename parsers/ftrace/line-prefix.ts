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
/** Digits of the longest time in seconds that is believed. */
const MAX_SECONDS_DIGITS = 12;
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

  /** Everything from the dash on. All loops end by themselves, at the latest at the line's end. */
  private readBehindName(line: ByteCursor, dash: number): boolean {
    const cpuAt = this.readTask(line, dash);
    if (cpuAt < 0) return false;
    const timeAt = this.readCpu(line, cpuAt);
    return timeAt >= 0 && this.readTime(line, timeAt);
  }

  /** `-8109    (   8098) [`, `-10661   (-------) [` or `-151     [`. Returns the place behind it, -1 if it is none of these. */
  private readTask(line: ByteCursor, dash: number): number {
    const { bytes, end } = line;
    let at = dash + 1;
    let tid = 0;
    for (let digit = digitOf(bytes[at]!); digit <= 9; digit = digitOf(bytes[at]!)) {
      tid = (tid * 10 + digit) | 0;
      at += 1;
    }
    const digits = at - dash - 1;
    if (digits === 0 || digits > MAX_TID_DIGITS || tid >= MAX_TID || bytes[at] !== SPACE) return -1;
    at = skipBlanks(bytes, at);
    this.groupAt = -1;
    if (bytes[at] === OPEN) {
      this.groupAt = at + 1;
      at += MAX_TID_DIGITS + 1;
      if (at + 1 >= end || bytes[at] !== CLOSE || bytes[at + 1] !== SPACE) return -1;
      at = skipBlanks(bytes, at + 2);
    }
    this.dash = dash;
    this.tid = tid;
    return bytes[at] === BRACKET ? at + 1 : -1;
  }

  /** `003] ` or `003] d.h1. `. Returns the place behind it and the blanks, -1 if it is neither. */
  private readCpu(line: ByteCursor, start: number): number {
    const { bytes, end } = line;
    let at = start;
    let cpu = 0;
    for (let digit = digitOf(bytes[at]!); digit <= 9; digit = digitOf(bytes[at]!)) {
      cpu = (cpu * 10 + digit) | 0;
      at += 1;
    }
    if (at < start + 3 || at > start + MAX_CPU_DIGITS || bytes[at] !== CLOSE_BRACKET) return -1;
    this.cpu = cpu;
    at = skipBlanks(bytes, at + 1);
    if (digitOf(bytes[at]!) <= 9) return at;
    const flagsAt = at;
    while (bytes[at] !== SPACE && at < end) at += 1;
    return at > flagsAt + MAX_FLAGS ? -1 : skipBlanks(bytes, at);
  }

  /** `38.875870: `, or what is longer. Nine digits fit a 32-bit integer, which is several times faster than a double. */
  private readTime(line: ByteCursor, start: number): boolean {
    const { bytes } = line;
    let at = start;
    let whole = 0;
    for (let digit = digitOf(bytes[at]!); digit <= 9 && at < start + 9; digit = digitOf(bytes[at]!)) {
      whole = (whole * 10 + digit) | 0;
      at += 1;
    }
    if (at === start) return false;
    this.sec = whole;
    return bytes[at] === DOT ? this.readFraction(line, at + 1) : this.readLongTime(line, start, at, whole);
  }

  /** `875870: `, or `875870123: `. */
  private readFraction(line: ByteCursor, start: number): boolean {
    const { bytes } = line;
    let at = start;
    let fraction = 0;
    for (let digit = digitOf(bytes[at]!); digit <= 9 && at < start + 9; digit = digitOf(bytes[at]!)) {
      fraction = (fraction * 10 + digit) | 0;
      at += 1;
    }
    const digits = at - start;
    if (digits !== 6 && digits !== 9) return false;
    this.nsec = digits === 6 ? fraction * 1000 : fraction;
    this.fractionDigits = digits;
    return endTime(line, at);
  }

  /**
   * What did not end with its first nine digits: `3000483527813: `, a counter of up to 18 digits (a TSC of 3 GHz after ten
   * years), or `1763812345.678901: `, a clock that counts from 1970.
   */
  private readLongTime(line: ByteCursor, start: number, split: number, first: number): boolean {
    const { bytes } = line;
    let at = split;
    let second = 0;
    for (let digit = digitOf(bytes[at]!); digit <= 9 && at < split + 9; digit = digitOf(bytes[at]!)) {
      second = (second * 10 + digit) | 0;
      at += 1;
    }
    const power = POWERS[at - split]!;
    if (bytes[at] === DOT) {
      this.sec = first * power + second;
      return at - start <= MAX_SECONDS_DIGITS && this.readFraction(line, at + 1);
    }
    // The upper and the lower part of the value, which may be above 2^53: all but nine digits, and those nine.
    let upper = 0;
    for (let i = start; i < at - 9; i += 1) upper = (upper * 10 + digitOf(bytes[i]!)) | 0;
    this.sec = upper;
    // Below 1e9, so it is right modulo 2^32 and needs no double.
    this.nsec = (Math.imul(first, power) + second - Math.imul(upper, 1_000_000_000)) | 0;
    this.fractionDigits = 0;
    return endTime(line, at);
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
