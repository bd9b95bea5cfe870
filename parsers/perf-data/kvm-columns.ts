/** Columns of the KVM tracepoints: include/trace/events/kvm.h and arch/x86/kvm/trace.h of Linux 5.10 to 7.2. */
import { EXIT_CLASS } from '../event-kinds.ts';
import {
  type ColumnPlanner,
  FORM,
  IMPOSSIBLE,
  type MadeNumber,
  type NumberField,
  numberOf,
} from './column-source.ts';
import type { RecordFields } from './record-fields.ts';

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
  const dev = fields.number('vcpu_id');
  if (reason === undefined || isa === undefined) return undefined;
  return {
    dev,
    tag: (view, raw) => {
      const number = numberOf(reason, view, raw);
      switch (numberOf(isa, view, raw)) {
        case ISA.vmx:
          return VMX_CLASSES[number & VMX_REASON_MASK] ?? EXIT_CLASS.other;
        case ISA.svm:
          return SVM_CLASSES[number] ?? EXIT_CLASS.other;
        default:
          return IMPOSSIBLE;
      }
    },
  };
};

/** MSI messages: the destination is in bits 12 to 19 of the address, with more bits above 2^40 (x2APIC format). */
const msi: ColumnPlanner = (fields) => {
  const address = fields.find('address');
  const data = fields.address('data');
  if (address?.size !== 8 || data === undefined) return undefined;
  const low = { form: FORM.u32, offset: address.offset };
  const high = { form: FORM.u32, offset: address.offset + 4 };
  return {
    dev: (view, raw) =>
      (((numberOf(low, view, raw) >>> 12) & 0xff) | (numberOf(high, view, raw) & 0xffff_ff00)) >>> 0,
    tag: (view, raw) => numberOf(data, view, raw) % 256,
  };
};

const wakeup: ColumnPlanner = (fields) => {
  const tag = fields.number('ns');
  const waited = fields.number('waited');
  return tag === undefined || waited === undefined ? undefined : { tag, aux: isSet(waited) };
};

/** Whether a field is not 0, as 1. */
function isSet(field: NumberField): MadeNumber {
  return (view, raw) => (numberOf(field, view, raw) === 0 ? 0 : 1);
}

/** KVM_EXIT_* of the return to user space; when it returned an error, that error, which is negative. */
const userspaceExit: ColumnPlanner = (fields) => {
  const reason = fields.number('reason');
  const error = fields.number('errno');
  if (reason === undefined || error === undefined) return undefined;
  return {
    tag: (view, raw) => {
      const failed = numberOf(error, view, raw);
      return failed < 0 ? failed : numberOf(reason, view, raw);
    },
  };
};

const mmio: ColumnPlanner = (fields) => {
  const type = fields.number('type');
  const tag = fields.address('gpa');
  if (type === undefined || tag === undefined) return undefined;
  return { tag, aux: (view, raw) => (numberOf(type, view, raw) === MMIO_WRITE ? 1 : 0) };
};

const pio: ColumnPlanner = (fields) => {
  const write = fields.number('rw');
  const tag = fields.number('port');
  return write === undefined || tag === undefined ? undefined : { tag, aux: isSet(write) };
};

const postedInterrupt: ColumnPlanner = (fields) => {
  const dev = fields.number('vcpu_id');
  const tag = fields.number('gsi');
  const set = fields.number('set');
  return dev === undefined || tag === undefined || set === undefined
    ? undefined
    : { dev, tag, aux: isSet(set) };
};

const haltPoll: ColumnPlanner = (fields) => {
  const dev = fields.number('vcpu_id');
  const tag = fields.number('new');
  const aux = fields.number('old');
  return dev === undefined || tag === undefined || aux === undefined ? undefined : { dev, tag, aux };
};

/** An event about a vCPU or APIC and one number. */
function numbered(who: string, value: string): ColumnPlanner {
  return (fields) => {
    const dev = fields.number(who);
    const tag = fields.number(value);
    return dev === undefined || tag === undefined ? undefined : { dev, tag };
  };
}

/** An event with one number: its tag. */
function tagged(find: (fields: RecordFields) => NumberField | undefined): ColumnPlanner {
  return (fields) => {
    const tag = find(fields);
    return tag && { tag };
  };
}

const entry: ColumnPlanner = (fields) => {
  const dev = fields.number('vcpu_id');
  return dev && { dev };
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
