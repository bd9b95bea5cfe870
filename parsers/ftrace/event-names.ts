import type { ByteCursor } from '../byte-cursor.ts';
import { ByteTable, mixHash, NOT_FOUND } from '../byte-table.ts';
import { kindByName } from '../event-kinds.ts';

/** An event that iotrace has no use for. */
export const UNUSED = -1;
/** Not the beginning of an event at all. */
export const NO_NAME = -3;

/** Different names remembered. More than a kernel has events; the function tracer alone prints more. */
const MAX_NAMES = 4096;
/** MAX_EVENT_NAME_LEN of the kernel's probes; its own events are shorter. */
const MAX_NAME = 64;

const SPACE = 0x20;
const COLON = 0x3a;
const OPEN = 0x28;

/** Finds the kind of an event by the bytes of its name. Each different name becomes a string once. */
export class EventNames {
  private readonly known = new ByteTable(MAX_NAMES);

  /**
   * The kind id of the event whose name the line stands at, UNUSED or NO_NAME. Moves to what is behind it: behind
   * `name:` and blanks, behind `sys_name(`, or behind `sys_name `.
   */
  read(line: ByteCursor): number {
    const { bytes, view, end } = line;
    const start = line.at;
    let hash = 0;
    let at = start;
    // Four letters or underscores at a time: these have bit 6 set; digits and what ends a name have not.
    for (const last = end - 4; at <= last; at += 4) {
      const four = view.getInt32(at, true);
      const others = ~four & 0x40404040;
      if (others !== 0) {
        at += (31 - Math.clz32(others & -others)) >> 3;
        break;
      }
      hash = mixHash(hash, four);
    }
    while (bytes[at]! > COLON || !isNameEnd(bytes[at]!, at, end)) at += 1;
    if (at === start || at >= end) return NO_NAME;
    at += 1;
    // The last four bytes hold all that is not in the hash yet, unless the name has digits further up.
    hash = mixHash(hash, view.getInt32(at - 4, true));
    const kind = this.known.find(view, start, at, hash);
    line.at = at;
    line.skipBlanks();
    return kind === NOT_FOUND ? this.meet(line, start, at, hash) : kind;
  }

  /** A name seen for the first time, with the byte that ended it. */
  private meet(line: ByteCursor, start: number, end: number, hash: number): number {
    if (end - 1 - start > MAX_NAME) return UNUSED;
    const kind = kindOf(String.fromCharCode(...line.bytes.subarray(start, end - 1)), line.bytes[end - 1]!);
    this.known.add(line.view, start, end, hash, kind);
    return kind;
  }
}

function isNameEnd(byte: number, at: number, end: number): boolean {
  return byte === COLON || byte === OPEN || byte === SPACE || at >= end;
}

/** `kvm_exit:` is an event, `sys_read(` the beginning of a system call, `sys_read -> ` its end. */
function kindOf(name: string, mark: number): number {
  if (mark === COLON) return kindByName(name)?.id ?? UNUSED;
  if (!name.startsWith('sys_')) return UNUSED;
  return (
    kindByName(`${mark === OPEN ? 'sys_enter_' : 'sys_exit_'}${name.slice('sys_'.length)}`)?.id ?? UNUSED
  );
}
