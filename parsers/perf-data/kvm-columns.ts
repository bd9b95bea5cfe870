/** Columns of the KVM tracepoints: include/trace/events/kvm.h and arch/x86/kvm/trace.h of Linux 5.10 to 7.2. */
import { EXIT_CLASS } from '../event-kinds.ts';
import type { ColumnPlanner } from './column-reader.ts';
import type { NumberReader, RecordFields } from './record-fields.ts';

/** `isa` of kvm_exit: which processor's numbers the reason is in. */
const ISA = { vmx: 1, svm: 2 } as const;

/** Exit reasons (arch/x86/include/uapi/asm/{vmx,svm}.h). */
const VMX_CLASSES: Readonly<Record<number, number>> = {
  1: EXIT_CLASS.interrupt, // EXTERNAL_INTERRUPT
  12: EXIT_CLASS.halt, // HLT
  30: EXIT_CLASS.pio, // IO_INSTRUCTION
  48: EXIT_CLASS.mmio, // EPT_VIOLATION
  49: EXIT_CLASS.mmio, // EPT_MISCONFIG
};
const SVM_CLASSES: Readonly<Record<number, number>> = {
  96: EXIT_CLASS.interrupt, // INTR
  120: EXIT_CLASS.halt, // HLT
  123: EXIT_CLASS.pio, // IOIO
  166: EXIT_CLASS.halt, // IDLE_HLT
  1024: EXIT_CLASS.mmio, // NPF
};
/** The upper half of a VMX reason holds flags. */
const VMX_REASON_MASK = 0xffff;
/** kvm_mmio's type for a write; reads have 0 and 1. */
const MMIO_WRITE = 2;

const exit: ColumnPlanner = (fields) => {
  const reason = fields.number('exit_reason');
  const isa = fields.number('isa');
  const vcpu = fields.number('vcpu_id');
  if (reason === undefined || isa === undefined) return undefined;
  return (view, raw, columns) => {
    const set = isa(view, raw);
    const number = reason(view, raw);
    if (vcpu !== undefined) columns.dev = vcpu(view, raw);
    columns.tag =
      (set === ISA.vmx ? VMX_CLASSES[number & VMX_REASON_MASK] : SVM_CLASSES[number]) ?? EXIT_CLASS.other;
    return set === ISA.vmx || set === ISA.svm;
  };
};

/** MSI messages: the destination is in bits 12 to 19 of the address, with more bits above 2^40 (x2APIC format). */
const msi: ColumnPlanner = (fields) => {
  const address = eightBytes(fields, 'address');
  const data = fields.address('data');
  if (address === undefined || data === undefined) return undefined;
  return (view, raw, columns) => {
    const low = view.getUint32(raw + address, true);
    const high = view.getUint32(raw + address + 4, true);
    columns.dev = (((low >>> 12) & 0xff) | (high & 0xffff_ff00)) >>> 0;
    columns.tag = data(view, raw) % 256;
    return true;
  };
};

function eightBytes(fields: RecordFields, name: string): number | undefined {
  const field = fields.find(name);
  return field?.size === 8 ? field.offset : undefined;
}

const wakeup: ColumnPlanner = (fields) => {
  const time = fields.number('ns');
  const waited = fields.number('waited');
  if (time === undefined || waited === undefined) return undefined;
  return (view, raw, columns) => {
    columns.tag = time(view, raw);
    columns.aux = waited(view, raw) === 0 ? 0 : 1;
    return true;
  };
};

/** KVM_EXIT_* of the return to user space; when it returned an error, that error, which is negative. */
const userspaceExit: ColumnPlanner = (fields) => {
  const reason = fields.number('reason');
  const error = fields.number('errno');
  if (reason === undefined || error === undefined) return undefined;
  return (view, raw, columns) => {
    const failed = error(view, raw);
    columns.tag = failed < 0 ? failed : reason(view, raw);
    return true;
  };
};

const mmio: ColumnPlanner = (fields) => {
  const type = fields.number('type');
  const place = fields.address('gpa');
  if (type === undefined || place === undefined) return undefined;
  return (view, raw, columns) => {
    columns.tag = place(view, raw);
    columns.aux = type(view, raw) === MMIO_WRITE ? 1 : 0;
    return true;
  };
};

const pio: ColumnPlanner = (fields) => {
  const write = fields.number('rw');
  const port = fields.number('port');
  if (write === undefined || port === undefined) return undefined;
  return (view, raw, columns) => {
    columns.tag = port(view, raw);
    columns.aux = write(view, raw) === 0 ? 0 : 1;
    return true;
  };
};

const postedInterrupt: ColumnPlanner = (fields) => {
  const vcpu = fields.number('vcpu_id');
  const gsi = fields.number('gsi');
  const set = fields.number('set');
  if (vcpu === undefined || gsi === undefined || set === undefined) return undefined;
  return (view, raw, columns) => {
    columns.dev = vcpu(view, raw);
    columns.tag = gsi(view, raw);
    columns.aux = set(view, raw) === 0 ? 0 : 1;
    return true;
  };
};

const haltPoll: ColumnPlanner = (fields) => {
  const vcpu = fields.number('vcpu_id');
  const window = fields.number('new');
  const before = fields.number('old');
  if (vcpu === undefined || window === undefined || before === undefined) return undefined;
  return (view, raw, columns) => {
    columns.dev = vcpu(view, raw);
    columns.tag = window(view, raw);
    columns.aux = before(view, raw);
    return true;
  };
};

/** An event about a vCPU or APIC and one number. */
function numbered(dev: string, tag: string): ColumnPlanner {
  return (fields) => {
    const who = fields.number(dev);
    const value = fields.number(tag);
    if (who === undefined || value === undefined) return undefined;
    return (view, raw, columns) => {
      columns.dev = who(view, raw);
      columns.tag = value(view, raw);
      return true;
    };
  };
}

/** An event with one number: its tag. */
function tagged(read: (fields: RecordFields) => NumberReader | undefined): ColumnPlanner {
  return (fields) => {
    const value = read(fields);
    if (value === undefined) return undefined;
    return (view, raw, columns) => {
      columns.tag = value(view, raw);
      return true;
    };
  };
}

const entry: ColumnPlanner = (fields) => {
  const vcpu = fields.number('vcpu_id');
  if (vcpu === undefined) return undefined;
  return (view, raw, columns) => {
    columns.dev = vcpu(view, raw);
    return true;
  };
};

/** Planners of these events, by event name. */
export const kvmColumns: Readonly<Record<string, ColumnPlanner>> = {
  kvm_exit: exit,
  kvm_entry: entry,
  kvm_msi_set_irq: msi,
  kvm_apic_accept_irq: numbered('apicid', 'vec'),
  kvm_apicv_accept_irq: numbered('apicid', 'vec'),
  kvm_eoi: numbered('apicid', 'vector'),
  // The field was named irq up to 5.18.
  kvm_inj_virq: tagged((fields) => fields.number('vector', 'irq')),
  kvm_vcpu_wakeup: wakeup,
  kvm_halt_poll_ns: haltPoll,
  kvm_set_irq: tagged((fields) => fields.number('gsi')),
  kvm_userspace_exit: userspaceExit,
  kvm_pi_irte_update: postedInterrupt,
  kvm_mmio: mmio,
  kvm_fast_mmio: tagged((fields) => fields.address('gpa')),
  kvm_pio: pio,
};
