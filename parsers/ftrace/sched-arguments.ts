/**
 * Arguments of the scheduler, power and io_uring tracepoints: include/trace/events/{sched,power,io_uring}.h of Linux
 * 5.10 to 7.2, and trace-cmd's own way of printing the first (libtraceevent, plugins/plugin_sched_switch.c).
 *
 * A task may call itself anything of up to 15 bytes, also ` prev_pid=1 `. So a field behind a name is looked for from
 * the longest name backwards, never forwards.
 */
import { ascii, lastIndexOfText } from '../byte-cursor.ts';
import type { ArgumentLine, ArgumentReader } from './argument-line.ts';

/** TASK_COMM_LEN less its zero byte. */
const MAX_NAME = 15;
const CPU_IDLE_EXIT = 0xffff_ffff;

const SPACE = 0x20;
const COLON = 0x3a;
const PREVIOUS_NAME = ascii('prev_comm=');
const PREVIOUS_TID = ascii(' prev_pid=');
const PREVIOUS_STATE = ascii(' prev_state=');
const NEXT_TID = ascii(' next_pid=');
const ARROW = ascii(' ==> ');
const NAME = ascii('comm=');
const TID = ascii(' pid=');
const STATE = ascii('state=');
const CPU = ascii(' cpu_id=');
const REQUEST = ascii(', req ');
const RING = ascii('ring ');

/** Bits of a task state by the letter printed for it: TASK_REPORT and TASK_REPORT_MAX of include/linux/sched.h. */
const STATE_BITS: ReadonlyMap<number, number> = new Map(
  Object.entries({
    R: 0,
    S: 1,
    D: 2,
    T: 4,
    t: 8,
    X: 0x10,
    Z: 0x20,
    P: 0x40,
    I: 0x80,
    // What libtraceevent's plug-in prints for I, by the kernel's letters of 4.13 and before.
    W: 0x80,
    '+': 0x100,
    '|': 0,
  }).map(([letter, bit]) => [letter.charCodeAt(0), bit]),
);

/**
 *   sched_switch: prev_comm=qd1 prev_pid=151 prev_prio=120 prev_state=S ==> next_comm=swapper/0 next_pid=0 next_prio=120
 *   sched_switch: qd1:151 [120] S ==> swapper/0:0 [120]                                       (trace-cmd)
 */
const switched: ArgumentReader = (line) => {
  if (!line.skipText(PREVIOUS_NAME)) return switchedShort(line);
  if (!skipName(line, PREVIOUS_TID)) return false;
  line.dev = line.decimal();
  if (line.dev < 0 || !line.skipPastText(PREVIOUS_STATE)) return false;
  line.aux = readState(line);
  const next = lastIndexOfText(line.bytes, NEXT_TID, line.at, line.end);
  if (next < 0) return false;
  line.at = next + NEXT_TID.length;
  line.tag = line.decimal();
  return line.tag >= 0;
};

function switchedShort(line: ArgumentLine): boolean {
  line.dev = readNamedTid(line);
  if (line.dev < 0 || !line.skip(SPACE) || !line.skipPast(SPACE)) return false;
  line.aux = readState(line);
  if (!line.skipText(ARROW)) return false;
  line.tag = readNamedTid(line);
  return line.tag >= 0;
}

/**
 *   sched_waking: comm=qd1 pid=151 prio=120 target_cpu=000
 *   sched_waking: qd1:151 [120] CPU:000                                                       (trace-cmd)
 */
const woken: ArgumentReader = (line) => {
  if (line.skipText(NAME)) line.tag = skipName(line, TID) ? line.decimal() : -1;
  else line.tag = readNamedTid(line);
  return line.tag >= 0;
};

/** Moves over a task's name and the text that follows it. */
function skipName(line: ArgumentLine, follows: Uint8Array): boolean {
  const last = Math.min(line.end, line.at + MAX_NAME + follows.length);
  const found = lastIndexOfText(line.bytes, follows, line.at, last);
  if (found < 0) return false;
  line.at = found + follows.length;
  return true;
}

/** Reads the tid of `qd1:151 [120]`, where the name may hold colons. -1 if there is none. */
function readNamedTid(line: ArgumentLine): number {
  const first = line.at;
  for (let at = Math.min(line.end - 1, first + MAX_NAME); at >= first; at -= 1) {
    if (line.bytes[at] !== COLON) continue;
    line.at = at + 1;
    const tid = line.decimal();
    if (tid >= 0 && line.peek() === SPACE && line.bytes[line.at + 1] === 0x5b) return tid;
  }
  return -1;
}

/** `S`, `R+`, `D|K`: the bits of the state. Letters for states that are not reported by number count as none. */
function readState(line: ArgumentLine): number {
  let state = 0;
  for (let byte = line.peek(); byte > SPACE; byte = line.peek()) {
    state |= STATE_BITS.get(byte) ?? 0;
    line.at += 1;
  }
  return state;
}

/** `state=1 cpu_id=0`; leaving the idle state is printed as 4294967295 and stored as -1. */
const idle: ArgumentReader = (line) => {
  if (!line.skipText(STATE)) return false;
  const state = line.decimal();
  if (state < 0 || !line.skipText(CPU)) return false;
  line.tag = state === CPU_IDLE_EXIT ? -1 : state;
  line.dev = line.decimal();
  return line.dev >= 0;
};

/**
 * The request's address is what submission and completion have in common. Up to 5.18 there was none.
 *   io_uring_submit_sqe: ring 00000000c2300b4e, req 000000008c7c6e0e, user_data 0x0, opcode READ, flags 0x0, …
 *   io_uring_complete: ring 00000000c2300b4e, user_data 0x0, result 4096, cflags 0x0                       (5.10)
 */
const ringRequest: ArgumentReader = (line) => {
  if (!line.skipText(RING)) return false;
  if (line.skipPastText(REQUEST)) line.tag = line.hex();
  return !(line.tag < 0);
};

/** Readers of these events' arguments, by event name. */
export const schedArguments: Readonly<Record<string, ArgumentReader>> = {
  sched_switch: switched,
  sched_waking: woken,
  sched_wakeup: woken,
  cpu_idle: idle,
  io_uring_submit_req: ringRequest,
  io_uring_complete: ringRequest,
};
