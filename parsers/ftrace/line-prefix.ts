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
const MAX_CPU = 9999;
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
const NINE = 0x39;

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
    let at = this.groupAt;
    while (bytes[at] === SPACE) at += 1;
    let group = 0;
    for (let digit = (bytes[at]! - ZERO) >>> 0; digit <= 9; digit = (bytes[at]! - ZERO) >>> 0) {
      group = (group * 10 + digit) | 0;
      at += 1;
    }
    return group > 0 && group < MAX_TID ? group : -1;
  }

  private readBehindName(line: ByteCursor, dash: number): boolean {
    const { bytes, end } = line;
    // `-8109    (   8098) `, `-151     `
    let at = dash + 1;
    let tid = 0;
    for (let digit = (bytes[at]! - ZERO) >>> 0; digit <= 9; digit = (bytes[at]! - ZERO) >>> 0) {
      tid = (tid * 10 + digit) | 0;
      at += 1;
    }
    if (at === dash + 1 || at > dash + 1 + MAX_TID_DIGITS || tid >= MAX_TID || bytes[at] !== SPACE) return false;
    while (bytes[at] === SPACE) at += 1;
    let groupAt = -1;
    if (bytes[at] === OPEN) {
      groupAt = at + 1;
      at += MAX_TID_DIGITS + 1;
      if (at + 1 >= end || bytes[at] !== CLOSE || bytes[at + 1] !== SPACE) return false;
      at += 2;
    }
    // `[003] `, `[003] d.h1. `
    if (bytes[at] !== BRACKET) return false;
    let cpu = (bytes[at + 1]! - ZERO) * 100 + (bytes[at + 2]! - ZERO) * 10 + bytes[at + 3]! - ZERO;
    at += 4;
    if (bytes[at] !== CLOSE_BRACKET) {
      cpu = cpu * 10 + bytes[at]! - ZERO;
      at += 1;
    }
    if (cpu < 0 || cpu > MAX_CPU || bytes[at] !== CLOSE_BRACKET) return false;
    at += 1;
    while (bytes[at] === SPACE) at += 1;
    if (bytes[at]! > NINE || bytes[at]! < ZERO) {
      const flagsAt = at;
      while (bytes[at] !== SPACE && at < end) at += 1;
      if (at > flagsAt + MAX_FLAGS) return false;
      while (bytes[at] === SPACE) at += 1;
    }
    // `38.875870: `, `3000483527813: `; nine digits fit a 32-bit integer, which is several times faster than a double.
    let start = at;
    let first = 0;
    for (let digit = (bytes[at]! - ZERO) >>> 0; digit <= 9 && at < start + 9; digit = (bytes[at]! - ZERO) >>> 0) {
      first = (first * 10 + digit) | 0;
      at += 1;
    }
    let second = 0;
    const isClock = bytes[at] === DOT && at > start;
    if (isClock) {
      at += 1;
      start = at;
    }
    for (let digit = (bytes[at]! - ZERO) >>> 0; digit <= 9 && at < start + 18; digit = (bytes[at]! - ZERO) >>> 0) {
      second = (second * 10 + digit) | 0;
      at += 1;
    }
    if (bytes[at] !== COLON || bytes[at + 1] !== SPACE) return false;
    this.dash = dash;
    this.tid = tid;
    this.groupAt = groupAt;
    this.cpu = cpu;
    line.at = at + 2;
    const digits = at - start;
    if (isClock) {
      this.sec = first;
      this.nsec = digits === 6 ? second * 1000 : second;
      this.fractionDigits = digits;
      return digits === 6 || digits === 9;
    }
    this.fractionDigits = 0;
    let sec = 0;
    for (let i = start; i < at - 9; i += 1) sec = (sec * 10 + bytes[i]! - ZERO) | 0;
    this.sec = sec;
    // Below 1e9, so it is right modulo 2^32 and needs no double.
    this.nsec = digits > 9 ? (Math.imul(first, POWERS[digits - 9]!) + second - Math.imul(sec, 1_000_000_000)) | 0 : first;
    return digits > 0;
  }
}
