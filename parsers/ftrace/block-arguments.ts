/**
 * Arguments of the block, nvme and irq tracepoints: include/trace/events/{block,irq}.h and drivers/nvme/host/trace.h
 * of Linux 5.10 to 7.2.
 */
import { ascii, type ByteCursor } from '../byte-cursor.ts';
import { DIRECTION, packRequest } from '../event-kinds.ts';
import type { ArgumentLine, ArgumentReader } from './argument-line.ts';

/** Limits of a device number in the kernel (MINORBITS 20 of 32). */
const MAX_MAJOR = 0xfff;
const MAX_MINOR = 0xfffff;
/** nvme.h: the upper four bits of a command id are a generation counter. */
const COMMAND_ID_MASK = 0xfff;

const COMMA = 0x2c;
const SPACE = 0x20;
const OPEN = 0x28;
const CLOSE = 0x29;
const PLUS = 0x2b;
const LETTER = { R: 0x52, W: 0x57, F: 0x46, D: 0x44, N: 0x4e } as const;

const NVME = ascii('nvme');
const CONTROLLER = ascii('ctrl_id=');
const QUEUE = ascii(' qid=');
const COMMAND = ascii(' cmdid=');
const RAW_COMMAND = ascii(' cid=');
const IRQ = ascii('irq=');
const NAME = ascii(' name=');

/**
 * A request or bio. The part in parentheses is a SCSI command, nearly always empty; the priority is newer than 6.1.
 *   block_rq_issue:    254,0 RS 4096 () 142136 + 8 be,0,4 [qd1]
 *   block_rq_complete: 254,0 RS () 142136 + 8 [0]
 *   block_bio_queue:   254,0 RS 142136 + 8 [qd1]
 */
const request: ArgumentReader = (line) => {
  const major = line.decimal();
  if (!line.skip(COMMA)) return false;
  const minor = line.decimal();
  if (major < 0 || major > MAX_MAJOR || minor < 0 || minor > MAX_MINOR || !line.skip(SPACE)) return false;
  const direction = readDirection(line);
  const sector = readSector(line);
  if (sector < 0 || !line.skip(SPACE) || !line.skip(PLUS) || !line.skip(SPACE)) return false;
  const sectors = line.decimal();
  line.dev = major * (MAX_MINOR + 1) + minor;
  // A flush has no place; the kernel prints 0 or 2^64 - 1 for it.
  line.tag = Number.isSafeInteger(sector) ? sector : Number.NaN;
  line.aux = packRequest(sectors, direction);
  return sectors >= 0;
};

/** `4096 () 142136`, `() 142136` or `142136`: bytes and command are passed over. -1 if none of these. */
function readSector(line: ArgumentLine): number {
  if (line.peek() !== OPEN) {
    const number = line.decimal();
    if (line.bytes[line.at + 1] !== OPEN) return number;
    line.at += 1;
  }
  if (!line.skipPast(CLOSE) || !line.skip(SPACE)) return -1;
  return line.decimal();
}

/** `RS`, `WFS`, `FWS`, `FF`: an F before the operation asks for a flush first, one by itself is the operation. */
export function readDirection(line: ByteCursor): number {
  const first = line.peek();
  const second = line.bytes[line.at + 1]!;
  const flushFirst =
    first === LETTER.F &&
    (second === LETTER.W || second === LETTER.R || second === LETTER.D || second === LETTER.N);
  line.skipPast(SPACE);
  switch (flushFirst ? second : first) {
    case LETTER.R:
      return DIRECTION.read;
    case LETTER.W:
      return DIRECTION.write;
    case LETTER.F:
      return DIRECTION.flush;
    case LETTER.D:
      return DIRECTION.discard;
    default:
      return DIRECTION.other;
  }
}

/**
 * An NVMe command; nvme_sq has no command id. Where trace-cmd cannot print the event it lists the fields instead.
 *   nvme_setup_cmd: nvme0: disk=nvme0n1, qid=4, cmdid=13248, nsid=1, flags=0x0, meta=0x0, cmd=(nvme_cmd_read slba=…
 *   nvme_sq: nvme0: disk=nvme0n1, qid=4, head=772, tail=772
 *   nvme_setup_cmd: [FAILED TO PARSE] disk=nvme0n1 ctrl_id=0 qid=4 opcode=2 flags=0 fctype=0 cid=13248 nsid=1 …
 */
function command(idRequired: boolean): ArgumentReader {
  return (line) => {
    if (!line.skipText(NVME) && !line.skipPastText(CONTROLLER)) return false;
    const controller = line.decimal();
    if (controller < 0 || !line.skipPastText(QUEUE)) return false;
    const queue = line.decimal();
    const hasId = idRequired && (line.skipPastText(COMMAND) || line.skipPastText(RAW_COMMAND));
    const id = hasId ? line.decimal() : -1;
    line.dev = controller;
    line.aux = queue;
    line.tag = id < 0 ? Number.NaN : id & COMMAND_ID_MASK;
    return queue >= 0 && (id >= 0 || !idRequired);
  };
}

/** `irq=36 name=virtio2-requests`, where the name goes on to the end of the line; at exit `irq=36 ret=handled`. */
const interrupt: ArgumentReader = (line) => {
  if (!line.skipText(IRQ)) return false;
  line.tag = line.number();
  if (line.skipText(NAME)) line.dev = line.restAsString();
  return line.tag >= 0;
};

/** Readers of these events' arguments, by event name. */
export const blockArguments: Readonly<Record<string, ArgumentReader>> = {
  block_bio_queue: request,
  block_bio_backmerge: request,
  block_bio_frontmerge: request,
  block_getrq: request,
  block_io_start: request,
  block_rq_insert: request,
  block_rq_merge: request,
  block_rq_issue: request,
  block_rq_requeue: request,
  block_rq_complete: request,
  block_io_done: request,
  nvme_setup_cmd: command(true),
  nvme_sq: command(false),
  nvme_complete_rq: command(true),
  irq_handler_entry: interrupt,
  irq_handler_exit: interrupt,
};
