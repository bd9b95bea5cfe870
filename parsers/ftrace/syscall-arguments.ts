/**
 * Arguments of system calls. The kernel prints them in its own way (kernel/trace/trace_syscalls.c), in hexadecimal
 * without a mark (since 6.19 decimal below ten and else with 0x); trace-cmd prints them with 0x.
 *   sys_read(fd: ff, buf: 563cddc928f0, count: bb3)            sys_read -> 0x8
 *   sys_enter_read:       fd: 0x000000ff, buf: 0x563cddc928f0, count: 0x00000bb3
 *   sys_exit_read:        0x8
 */
import { ascii } from '../byte-cursor.ts';
import { EVENT_KINDS } from '../event-kinds.ts';
import type { ArgumentLine, ArgumentReader } from './argument-line.ts';

const COLON = 0x3a;
const ARROW = ascii('-> ');

/** Which argument is worth keeping as the tag and as aux, counted from 0. -1: none. */
interface Kept {
  readonly tag: number;
  readonly aux: number;
}

const FIRST: Kept = { tag: 0, aux: -1 };
const SECOND: Kept = { tag: 1, aux: -1 };
const KEPT: Readonly<Record<string, Kept>> = {
  sys_enter_io_submit: SECOND,
  sys_enter_io_getevents: SECOND,
  sys_enter_io_pgetevents: SECOND,
  sys_enter_ppoll: SECOND,
  sys_enter_poll: SECOND,
  sys_enter_io_uring_enter: { tag: 1, aux: 2 },
  sys_enter_ioctl: { tag: 0, aux: 1 },
  sys_enter_preadv2: { tag: 0, aux: 5 },
  sys_enter_pwritev2: { tag: 0, aux: 5 },
};

/** Takes the kept arguments, which come in this order. */
function entered(kept: Kept): ArgumentReader {
  return (line) => {
    for (let i = 0; i <= kept.tag; i += 1) if (!line.skipPast(COLON)) return false;
    line.tag = readArgument(line);
    if (kept.aux < 0) return line.tag >= 0;
    for (let i = kept.tag; i < kept.aux; i += 1) if (!line.skipPast(COLON)) return false;
    const aux = readArgument(line);
    line.aux = aux | 0;
    return line.tag >= 0 && aux >= 0;
  };
}

function readArgument(line: ArgumentLine): number {
  line.skipBlanks();
  return line.hex();
}

const returned: ArgumentReader = (line) => {
  line.skipText(ARROW);
  line.tag = line.signedHex();
  return !Number.isNaN(line.tag);
};

/** Readers of these events' arguments, by event name. */
export const syscallArguments: Readonly<Record<string, ArgumentReader>> = Object.fromEntries(
  EVENT_KINDS.filter((kind) => kind.name.startsWith('sys_')).map((kind) => [
    kind.name,
    kind.shape === 'exit' ? returned : entered(KEPT[kind.name] ?? FIRST),
  ]),
);
