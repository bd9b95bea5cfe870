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
/** Digits of the longest tid. */
const MAX_TID_DIGITS = 7;
const MAX_CPU_DIGITS = 4;
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

const NO_LINE: DataView = new DataView(new ArrayBuffer(0));

/** The parts of one prefix, overwritten by each line. */
export class LinePrefix {
  /** The task's name is bytes[nameStart, dash), behind blanks. */
  nameStart = 0;
  dash = 0;
  tid = 0;
  /** Where the thread group stands, behind its parenthesis, counted from the dash; -1 when there is no such column. */
  groupOffset = -1;
  cpu = 0;
  /** Whole seconds and nanoseconds, or a counter's value divided by 1e9 and the remainder. */
  sec = 0;
  nsec = 0;
  /** Digits behind the dot of the time; 0 for a counter, which has no dot. */
  fractionDigits = -1;
  /** Bytes from the dash to behind the CPU's bracket, and the chunk where the line before has them. */
  private taskBytes = 0;
  private view = NO_LINE;

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
    if (this.groupOffset < 0) return -1;
    let at = this.dash + this.groupOffset;
    while (bytes[at] === SPACE) at += 1;
    let group = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[at]! - ZERO) {
      group = (group * 10 + digit) | 0;
      at += 1;
    }
    return group > 0 && group < MAX_TID ? group : -1;
  }

  private readBehindName(line: ByteCursor, dash: number): boolean {
    if (!this.isSameTask(line, dash) && !this.readTask(line, dash)) return false;
    const { bytes, end } = line;
    let at = dash + this.taskBytes;
    while (bytes[at] === SPACE) at += 1;
    if (bytes[at]! > NINE || bytes[at]! < ZERO) {
      const flagsAt = at;
      while (bytes[at] !== SPACE && at < end) at += 1;
      if (at - flagsAt > MAX_FLAGS) return false;
      while (bytes[at] === SPACE) at += 1;
    }
    return this.readTime(line, at);
  }

  /**
   * Whether the columns from the dash to the CPU are, byte for byte, those of the line before. They are in four of five
   * lines of a trace, and comparing is several times faster than reading.
   */
  private isSameTask(line: ByteCursor, dash: number): boolean {
    const { view } = line;
    const before = this.dash;
    const last = this.taskBytes - 4;
    this.dash = dash;
    if (view !== this.view || dash + last + 4 > line.end) return false;
    for (let i = 0; i < last; i += 4) {
      if (view.getInt32(dash + i, true) !== view.getInt32(before + i, true)) return false;
    }
    return view.getInt32(dash + last, true) === view.getInt32(before + last, true);
  }

  /** `-8109    (   8098) [003]` or `-151     [000]`. The loops end by themselves, at the latest at the line's end. */
  private readTask(line: ByteCursor, dash: number): boolean {
    const { bytes, end } = line;
    this.view = NO_LINE;
    let at = dash + 1;
    let tid = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[at]! - ZERO) {
      tid = (tid * 10 + digit) | 0;
      at += 1;
    }
    const tidDigits = at - dash - 1;
    if (tidDigits === 0 || tidDigits > MAX_TID_DIGITS || tid >= MAX_TID || bytes[at] !== SPACE) return false;
    while (bytes[at] === SPACE) at += 1;
    let groupOffset = -1;
    if (bytes[at] === OPEN) {
      // `(   8272) ` or `(-------) `: as wide as the longest tid.
      groupOffset = at + 1 - dash;
      at += MAX_TID_DIGITS + 1;
      if (at + 1 >= end || bytes[at] !== CLOSE || bytes[at + 1] !== SPACE) return false;
      at += 2;
    }
    if (bytes[at] !== BRACKET) return false;
    at += 1;
    const cpuAt = at;
    let cpu = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[at]! - ZERO) {
      cpu = (cpu * 10 + digit) | 0;
      at += 1;
    }
    if (at - cpuAt < 3 || at - cpuAt > MAX_CPU_DIGITS || bytes[at] !== CLOSE_BRACKET) return false;
    this.tid = tid;
    this.groupOffset = groupOffset;
    this.cpu = cpu;
    this.taskBytes = at + 1 - dash;
    this.view = line.view;
    return true;
  }

  /** `38.875870: `, `38.875870123: ` or `3000483527813: ` */
  private readTime(line: ByteCursor, start: number): boolean {
    const { bytes } = line;
    let at = start;
    // Nine digits fit a 32-bit integer.
    const split = start + 9;
    let first = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9 && at < split; digit = bytes[at]! - ZERO) {
      first = (first * 10 + digit) | 0;
      at += 1;
    }
    if (bytes[at] !== DOT || at === start) return this.readLongTime(line, start);
    at += 1;
    const point = at;
    let fraction = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[at]! - ZERO) {
      fraction = (fraction * 10 + digit) | 0;
      at += 1;
    }
    const digits = at - point;
    if (digits !== 6 && digits !== 9) return false;
    this.sec = first;
    this.nsec = digits === 6 ? fraction * 1000 : fraction;
    this.fractionDigits = digits;
    return this.readTimeEnd(line, at);
  }

  /** A counter of up to 20 digits, or seconds of more than nine: rare enough or, with a TSC, two short loops. */
  private readLongTime(line: ByteCursor, start: number): boolean {
    const { bytes } = line;
    let at = start;
    while (bytes[at]! >= ZERO && bytes[at]! < COLON) at += 1;
    const digits = at - start;
    if (digits === 0 || digits > 20) return false;
    if (bytes[at] === DOT) return this.readLongSeconds(line, start, at);
    const split = Math.max(start, at - 9);
    let sec = 0;
    let nsec = 0;
    for (let i = start; i < split; i += 1) sec = sec * 10 + bytes[i]! - ZERO;
    for (let i = split; i < at; i += 1) nsec = (nsec * 10 + bytes[i]! - ZERO) | 0;
    this.sec = sec;
    this.nsec = nsec;
    this.fractionDigits = 0;
    return this.readTimeEnd(line, at);
  }

  /** `1763812345.678901: `, a clock that counts from 1970 (tai). */
  private readLongSeconds(line: ByteCursor, start: number, dot: number): boolean {
    if (dot - start > 12) return false;
    let sec = 0;
    for (let i = start; i < dot; i += 1) sec = sec * 10 + line.bytes[i]! - ZERO;
    // From the last digit before the dot on it is a time with short seconds.
    if (!this.readTime(line, dot - 1)) return false;
    this.sec = sec;
    return true;
  }

  private readTimeEnd(line: ByteCursor, start: number): boolean {
    const { bytes } = line;
    let at = start;
    if (bytes[at] !== COLON || bytes[at + 1] !== SPACE) return false;
    at += 2;
    while (bytes[at] === SPACE) at += 1;
    line.at = at;
    return at < line.end;
  }
}
