/**
 * Columns of the block, nvme, irq, scheduler, power and io_uring tracepoints: include/trace/events/{block,irq,sched,
 * power,io_uring}.h and drivers/nvme/host/trace.h of Linux 5.10 to 7.2.
 */
import { DIRECTION, packRequest } from '../event-kinds.ts';
import { type ColumnPlanner, numberOf } from './column-source.ts';

/** nvme.h: the upper four bits of a command id are a generation counter. */
const COMMAND_ID_MASK = 0xfff;
/** cpu_idle's state when the CPU leaves it, PWR_EVENT_EXIT as an unsigned number. */
const CPU_IDLE_EXIT = 0xffff_ffff;
/** TASK_REPORT and the bit that is printed as `+`. */
const REPORTED_STATES = 0x1ff;

const LETTER = { R: 0x52, W: 0x57, F: 0x46, D: 0x44, N: 0x4e } as const;
const OPERATIONS: Readonly<Record<number, number>> = {
  [LETTER.R]: DIRECTION.read,
  [LETTER.W]: DIRECTION.write,
  [LETTER.F]: DIRECTION.flush,
  [LETTER.D]: DIRECTION.discard,
};

/** A request or bio. `dev` is the kernel's dev_t, 12 bits major and 20 bits minor, which is also the column's form. */
const request: ColumnPlanner = (fields) => {
  const dev = fields.number('dev');
  const sector = fields.number('sector');
  const sectors = fields.number('nr_sector');
  const rwbs = fields.find('rwbs');
  if (dev === undefined || sector === undefined || sectors === undefined) return undefined;
  if (rwbs === undefined || rwbs.size < 2) return undefined;
  return {
    dev,
    tag: (view, raw) => {
      const place = numberOf(sector, view, raw);
      // A flush has no place; the kernel stores 0 or 2^64 - 1.
      return place <= Number.MAX_SAFE_INTEGER ? place : Number.NaN;
    },
    aux: (view, raw) => packRequest(numberOf(sectors, view, raw), direction(view, raw + rwbs.offset)),
  };
};

/** `RS`, `WFS`, `FWS`, `FF`: an F before the operation asks for a flush first, one by itself is the operation. */
function direction(view: DataView, at: number): number {
  const first = view.getUint8(at);
  const second = view.getUint8(at + 1);
  const isFlushFirst =
    first === LETTER.F &&
    (second === LETTER.W || second === LETTER.R || second === LETTER.D || second === LETTER.N);
  return OPERATIONS[isFlushFirst ? second : first] ?? DIRECTION.other;
}

/** An NVMe command; nvme_sq tells of the queue only. */
const command: ColumnPlanner = (fields) => {
  const dev = fields.number('ctrl_id');
  const aux = fields.number('qid');
  const id = fields.number('cid');
  if (dev === undefined || aux === undefined || id === undefined) return undefined;
  return { dev, tag: (view, raw) => numberOf(id, view, raw) & COMMAND_ID_MASK, aux };
};

const queueRead: ColumnPlanner = (fields) => {
  const dev = fields.number('ctrl_id');
  const aux = fields.number('qid');
  return dev === undefined || aux === undefined ? undefined : { dev, aux };
};

const interruptEntry: ColumnPlanner = (fields, strings) => {
  const tag = fields.number('irq');
  const dev = strings.reader(fields, 'name');
  return tag === undefined || dev === undefined ? undefined : { dev, tag };
};

/** An event whose tag is one number. */
function tagged(name: string): ColumnPlanner {
  return (fields) => {
    const tag = fields.number(name);
    return tag && { tag };
  };
}

const switched: ColumnPlanner = (fields) => {
  const dev = fields.number('prev_pid');
  const state = fields.number('prev_state');
  const tag = fields.number('next_pid');
  if (dev === undefined || state === undefined || tag === undefined) return undefined;
  return { dev, tag, aux: (view, raw) => numberOf(state, view, raw) & REPORTED_STATES };
};

const idle: ColumnPlanner = (fields) => {
  const state = fields.number('state');
  const dev = fields.number('cpu_id');
  if (state === undefined || dev === undefined) return undefined;
  return {
    dev,
    tag: (view, raw) => {
      const value = numberOf(state, view, raw);
      return value === CPU_IDLE_EXIT ? -1 : value;
    },
  };
};

/** The request's address, which submission and completion have in common; up to 5.18 there was none. */
const ringRequest: ColumnPlanner = (fields) => {
  const tag = fields.address('req');
  return fields.find('ctx') && { tag };
};

/** Planners of these events, by event name. */
export const blockColumns: Readonly<Record<string, ColumnPlanner>> = {
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
  nvme_setup_cmd: command,
  nvme_sq: queueRead,
  nvme_complete_rq: command,
  irq_handler_entry: interruptEntry,
  irq_handler_exit: tagged('irq'),
  sched_switch: switched,
  sched_waking: tagged('pid'),
  sched_wakeup: tagged('pid'),
  cpu_idle: idle,
  io_uring_submit_req: ringRequest,
  io_uring_complete: ringRequest,
};
