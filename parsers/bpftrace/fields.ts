/**
 * What the arguments of an event mean for the columns of its row. Fields are called as in the kernel's format files
 * (/sys/kernel/tracing/events/KVM/kvm_exit/format), because that is what a script writes: args->exit_reason.
 */
import { DIRECTION, type EventKind, type EventShape, packRequest } from '../event-kinds.ts';
import { exitClass, ISA } from './exit-reasons.ts';
import type { Value64 } from './value64.ts';

/** The columns of one event while its fields are read. */
export class FieldRow {
  dev = 0;
  tag = Number.NaN;
  aux = 0;
  sectors = 0;
  direction: number = DIRECTION.other;
  /** kvm_exit: the processor's number of the reason, and which processor (0 = not said). */
  reason = Number.NaN;
  isa: number = ISA.unknown;

  clear(): void {
    this.dev = 0;
    this.tag = Number.NaN;
    this.aux = 0;
    this.sectors = 0;
    this.direction = DIRECTION.other;
    this.reason = Number.NaN;
    this.isa = ISA.unknown;
  }

  /** To be called when all fields are in: columns that several fields make. */
  finish(shape: EventShape): void {
    if (shape === 'rq') this.aux = packRequest(this.sectors, this.direction);
    if (!Number.isNaN(this.reason)) this.tag = exitClass(this.reason, this.isa);
  }
}

/** Puts one field into the row. */
export type FieldSetter = (row: FieldRow, value: Value64) => void;

const SECTOR_BYTES = 512;
const COMMAND_ID_MASK = 0xfff;
const MAX_DEV = 0xffffffff;
const KVM_MMIO_WRITE = 2;

const setTag: FieldSetter = (row, value) => {
  row.tag = value.unsigned();
};
const setSignedTag: FieldSetter = (row, value) => {
  row.tag = value.signed();
};
const setAddress: FieldSetter = (row, value) => {
  row.tag = value.low48();
};
const setDev: FieldSetter = (row, value) => {
  const dev = value.unsigned();
  row.dev = dev <= MAX_DEV ? dev : 0;
};
const setAux: FieldSetter = (row, value) => {
  const aux = value.signed();
  row.aux = aux === (aux | 0) ? aux : 0;
};
const setFlag: FieldSetter = (row, value) => {
  row.aux = value.unsigned() === 0 ? 0 : 1;
};
const setSectors: FieldSetter = (row, value) => {
  const sectors = value.unsigned();
  row.sectors = Number.isNaN(sectors) ? 0 : sectors;
};
const setBytes: FieldSetter = (row, value) => {
  const bytes = value.unsigned();
  row.sectors = Number.isNaN(bytes) ? 0 : Math.floor(bytes / SECTOR_BYTES);
};
const setOffset: FieldSetter = (row, value) => {
  row.tag = value.unsigned() / SECTOR_BYTES;
  if (!Number.isSafeInteger(row.tag)) row.tag = Number.NaN;
};
const setCommand: FieldSetter = (row, value) => {
  row.tag = value.unsigned() & COMMAND_ID_MASK;
};
/** MSI data: the vector is the low byte. MSI address: the destination is bits 12 to 19 (Intel SDM 3A, 11.11). */
const setMsiVector: FieldSetter = (row, value) => {
  row.tag = value.low48() & 0xff;
};
const setMsiDestination: FieldSetter = (row, value) => {
  row.dev = (value.low48() >>> 12) & 0xff;
};
const setReason: FieldSetter = (row, value) => {
  row.reason = value.unsigned();
};
const setIsa: FieldSetter = (row, value) => {
  row.isa = value.unsigned();
};
const setMmioType: FieldSetter = (row, value) => {
  row.aux = value.unsigned() === KVM_MMIO_WRITE ? 1 : 0;
};

const BY_SHAPE: Readonly<Record<EventShape, Readonly<Record<string, FieldSetter>>>> = {
  rq: { dev: setDev, sector: setTag, nr_sector: setSectors, bytes: setBytes, offset: setOffset },
  nvme: { ctrl_id: setDev, cid: setCommand, qid: setAux },
  irq: { irq: setTag },
  vcpu: {
    vcpu_id: setDev,
    apicid: setDev,
    vec: setTag,
    vector: setTag,
    irq: setTag,
    gsi: setTag,
    ns: setTag,
    waited: setFlag,
    new: setTag,
    old: setAux,
    reason: setTag,
    state: setSignedTag,
    cpu_id: setDev,
    pid: setTag,
    prev_pid: setDev,
    next_pid: setTag,
    prev_state: setAux,
    set: setFlag,
  },
  eventfd: { id: setTag },
  addr: {
    gpa: setAddress,
    addr: setAddress,
    port: setTag,
    rw: setFlag,
    type: setMmioType,
    elem: setAddress,
    req: setAddress,
  },
  enter: {
    fd: setTag,
    nr: setTag,
    min_nr: setTag,
    to_submit: setTag,
    min_complete: setAux,
    nfds: setTag,
    maxevents: setTag,
    cmd: setAux,
    req: setAddress,
  },
  exit: { ret: setSignedTag, retval: setSignedTag },
  plain: {},
};

const BY_EVENT: Readonly<Record<string, Readonly<Record<string, FieldSetter>>>> = {
  kvm_exit: { exit_reason: setReason, isa: setIsa },
  kvm_msi_set_irq: { data: setMsiVector, address: setMsiDestination },
  // the queue is the row's key where the event has no request
  virtio_queue_notify: { vq: setAddress },
  virtqueue_flush: { vq: setAddress },
  virtio_notify_irqfd: { vq: setAddress },
  virtio_notify: { vq: setAddress },
  sys_enter_io_uring_enter: { fd: () => {} },
  sys_enter_io_submit: { fd: () => {} },
  nvme_sq: { cid: () => {} },
  run_poll_handlers_end: { progress: setFlag },
};

/** How a field of an event goes into the row; undefined where the row has no column for it. */
export function fieldSetter(kind: EventKind, field: string): FieldSetter | undefined {
  const own = BY_EVENT[kind.name];
  if (own !== undefined && Object.hasOwn(own, field)) return own[field];
  const shape = BY_SHAPE[kind.shape];
  return Object.hasOwn(shape, field) ? shape[field] : undefined; // a field may be called `constructor`
}

const DIRECTIONS: Readonly<Record<string, number>> = {
  R: DIRECTION.read,
  W: DIRECTION.write,
  F: DIRECTION.flush,
  D: DIRECTION.discard,
  N: DIRECTION.other,
};

/** Direction from the kernel's rwbs: RS, WS, FF, DS; an F before another letter is a flush that precedes it (FWS). */
export function directionOf(rwbs: string): number {
  const letter =
    rwbs.length > 1 && rwbs.startsWith('F') && rwbs[1]! in DIRECTIONS ? rwbs[1]! : (rwbs[0] ?? '');
  return DIRECTIONS[letter] ?? DIRECTION.other;
}

/** Events whose aux would say something wrong if it were 0 where the script did not record it. */
const AUX_MEANS_ZERO = new Set(['kvm_vcpu_wakeup', 'kvm_mmio', 'kvm_pio', 'run_poll_handlers_end']);

/** What aux is until a field fills it: -1 where 0 would be a statement (admin queue, read, polled), else 0. */
export function missingAux(kind: EventKind): number {
  return kind.shape === 'nvme' || AUX_MEANS_ZERO.has(kind.name) ? -1 : 0;
}

/** The direction of an event whose name says it; undefined for the others. */
export function namedDirection(name: string): number | undefined {
  if (name === 'blk_aio_preadv') return DIRECTION.read;
  return name === 'blk_aio_pwritev' ? DIRECTION.write : undefined;
}
