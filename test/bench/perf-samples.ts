/**
 * The drawn lines as samples of `perf record`: what a line's text says, put where a real recording's description of the
 * tracepoint has it. SYNTHETIC, as the lines are; only the header, the descriptions and the features are recorded ones.
 */
import type { TracepointField, TracepointFormat } from '../../parsers/perf-data/tracepoint-format.ts';
import type { LineTemplate, LineValues } from './line-template.ts';
import type { AddedEvent } from './perf-header.ts';

/** Fields before those of the tracepoint itself: its number, and the thread. */
const COMMON_TYPE_AT = 0;
const COMMON_PID_AT = 4;
/** `       CPU 0/KVM-912     (    900) [002]`: name, thread, process and CPU; the idle task, and a guest's text, have no process. */
const COLUMNS = /(\S.*)-(\d+)\s+(?:\(\s*(\d+|-+)\)\s+)?\[(\d+)\]/;
const READ_OPCODE = 2;

/** A line's sample but for its time: the tracepoint's record, and where the drawn values go. */
export interface DrawnSample {
  readonly event: string;
  readonly comm: string;
  readonly pid: number;
  readonly tid: number;
  readonly cpu: number;
  readonly raw: Buffer;
  readonly places: readonly { readonly name: keyof LineValues; readonly field: TracepointField }[];
}

type Fields = Readonly<Record<string, number | string | keyof LineValues>>;
interface Told {
  readonly event: string;
  readonly fields: Fields;
}

/** Of a system call's own fields only those that iotrace reads have values. */
const ENTERED = /^sys_(\w+)\((?:fd: (\w+))?/;
const RETURNED = /^sys_(\w+) -> (0x\w+)/;
const VMEXIT = { npf: 1024, msr: 124, hlt: 120 } as const;
const SVM = 2;

/** Events that the recording has no descriptions of: probes with what they fetch, and system calls. */
export const ADDED: readonly AddedEvent[] = [
  { name: 'eventfd_signal', fields: ['__probe_ip', 'ctx', 'id'] },
  { name: 'kvm_vcpu_halt', fields: ['__probe_ip'] },
  { name: 'nvme_queue_rq', fields: ['__probe_ip'] },
  { name: 'aio_poll', fields: ['__probe_ip'] },
  { name: 'nvme_irq', fields: ['__probe_ip', 'irq'] },
  { name: 'aio_complete_rw', fields: ['__probe_ip'] },
  { name: 'kvm_vcpu_kick', fields: ['__probe_ip'] },
  { name: 'kvm_arch_set_irq_inatomic_ret', fields: ['__probe_func', '__probe_ret_ip', 'ret'] },
  { name: 'virtio_queue_rq', fields: ['__probe_ip'] },
  { name: 'virtqueue_notify', fields: ['__probe_ip'] },
  { name: 'vp_notify', fields: ['__probe_ip'] },
  { name: 'vring_interrupt', fields: ['__probe_ip', 'irq'] },
  { name: 'virtblk_done', fields: ['__probe_ip'] },
  {
    name: 'sys_enter_preadv2',
    fields: ['__syscall_nr', 'fd', 'vec', 'vlen', 'pos_l', 'pos_h', 'flags'],
  },
  { name: 'sys_exit_preadv2', fields: ['__syscall_nr', 'ret'] },
];

/** What a line's text says, by its event's name. */
const EVENTS: Readonly<Record<string, (text: string) => Fields>> = {
  kvm_exit: (text) => ({
    exit_reason: VMEXIT[/reason (\w+)/.exec(text)![1] as keyof typeof VMEXIT],
    isa: SVM,
  }),
  kvm_entry: () => ({}),
  kvm_mmio: () => ({ type: 2, len: 2, gpa: 0xfebfb000 }),
  kvm_apic: () => ({ rw: 1, reg: 0x380 }),
  kvm_vcpu_wakeup: () => ({ ns: 31_509, waited: 1, valid: 1 }),
  kvm_inj_virq: () => ({ vector: 0x26 }),
  kvm_msi_set_irq: () => ({ address: 0xfee00000, data: 0x4026 }),
  kvm_apic_accept_irq: () => ({ apicid: 0, vec: 0x26 }),
  kvm_eoi: () => ({ apicid: 0, vector: 0x26 }),
  ioeventfd_write: () => ({ gpa: 0xfebfb000, len: 2 }),
  eventfd_signal: eventfd,
  eventfd_signal_mask: eventfd,
  eventfd_read: eventfd,
  eventfd_write: eventfd,
  irqfd_wakeup: () => ({ key: 1 }),
  kvm_arch_set_irq_inatomic: () => ({}),
  kvm_arch_set_irq_inatomic_ret: () => ({ ret: 1 }),
  kvm_vcpu_kick: () => ({}),
  kvm_vcpu_halt: () => ({}),
  aio_poll: () => ({}),
  aio_complete_rw: () => ({}),
  nvme_queue_rq: () => ({}),
  nvme_irq: interrupt,
  virtio_queue_rq: () => ({}),
  virtqueue_notify: () => ({}),
  vp_notify: () => ({}),
  vring_interrupt: interrupt,
  virtblk_done: () => ({}),
  nvme_setup_cmd: () => ({
    disk: 'nvme0n1',
    qid: 4,
    opcode: READ_OPCODE,
    cid: 'id',
    nsid: 1,
    cdw10: 'sector',
  }),
  nvme_sq: () => ({ disk: 'nvme0n1', qid: 4, sq_head: 606, sq_tail: 606 }),
  nvme_complete_rq: () => ({ disk: 'nvme0n1', qid: 4, cid: 'id' }),
  block_rq_issue: (text) => ({ ...request(text), bytes: 4096, comm: /\[(.*)\]$/.exec(text)![1]! }),
  block_rq_complete: request,
  irq_handler_entry: (text) => ({ ...interrupt(text), name: /name=(.*)$/.exec(text)![1]! }),
  irq_handler_exit: (text) => ({ ...interrupt(text), ret: 1 }),
};

function interrupt(text: string): Fields {
  return { irq: Number(/irq=(\d+)/.exec(text)![1]) };
}

function eventfd(text: string): Fields {
  return { id: Number(/id=(\d+)/.exec(text)![1]) };
}

function request(text: string): Fields {
  const [, major, minor, letter] = /: (\d+),(\d+) (\w)/.exec(text)!;
  return { dev: (Number(major) << 20) | Number(minor), sector: 'sector', nr_sector: 8, rwbs: letter! };
}

function told(text: string): Told {
  const [, entered, fd] = ENTERED.exec(text) ?? [];
  if (entered !== undefined)
    return { event: `sys_enter_${entered}`, fields: fd === undefined ? {} : { fd: Number.parseInt(fd, 16) } };
  const [, returned, value] = RETURNED.exec(text) ?? [];
  if (returned !== undefined) return { event: `sys_exit_${returned}`, fields: { ret: Number(value) } };
  const event = /^\w+/.exec(text)![0];
  return { event, fields: EVENTS[event]!(text) };
}

/** A line's sample by the descriptions of a recording's tracepoints. */
export function drawSample(
  { columns, text }: LineTemplate,
  formats: ReadonlyMap<string, TracepointFormat>,
): DrawnSample {
  const said = told(text);
  const format = formats.get(said.event);
  if (format === undefined) throw new Error(`${said.event} is not described`);
  const [, comm, tid, pid, cpu] = COLUMNS.exec(columns)!;
  const texts: Buffer[] = [];
  const length = Math.max(...[...format.fields.values()].map(({ offset, size }) => offset + size));
  const fixed = Buffer.alloc(length);
  fixed.writeUInt16LE(format.id, COMMON_TYPE_AT);
  fixed.writeInt32LE(Number(tid), COMMON_PID_AT);
  const places: DrawnSample['places'][number][] = [];
  for (const [name, value] of Object.entries(said.fields)) {
    const field = format.fields.get(name);
    if (field === undefined) throw new Error(`${format.name} has no ${name}`);
    if (value === 'sector' || value === 'id') places.push({ name: value, field });
    else if (typeof value === 'number') writeNumber(fixed, field, value);
    else if (field.place === 'here') fixed.write(value, field.offset, 'latin1');
    else {
      const bytes = Buffer.from(`${value}\0`);
      fixed.writeUInt32LE((bytes.length << 16) | length, field.offset);
      texts.push(bytes);
    }
  }
  return {
    event: format.name,
    comm: comm!,
    pid: Number.parseInt(pid ?? tid!, 10) || 0,
    tid: Number(tid),
    cpu: Number(cpu),
    raw: Buffer.concat([fixed, ...texts]),
    places,
  };
}

/** Writes a drawn value into a sample's record, which begins at `at`. */
export function writeValue(bytes: Buffer, at: number, field: TracepointField, value: number): void {
  // Of nvme_setup_cmd's double words from the tenth on the first is the lower half of the starting block.
  bytes.writeUIntLE(value, at + field.offset, Math.min(field.size, 4));
}

function writeNumber(bytes: Buffer, { offset, size }: TracepointField, value: number): void {
  bytes.writeUIntLE(value, offset, Math.min(size, 4));
}
