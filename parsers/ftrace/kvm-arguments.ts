/**
 * Arguments of the KVM tracepoints: include/trace/events/kvm.h and arch/x86/kvm/trace.h of Linux 5.10 to 7.2, and
 * trace-cmd's own way of printing kvm_exit and kvm_entry (libtraceevent, plugins/plugin_kvm.c).
 */
import { ascii, startsWith } from '../byte-cursor.ts';
import { ByteTable, hashBytes, NOT_FOUND } from '../byte-table.ts';
import { EXIT_CLASS } from '../event-kinds.ts';
import type { ArgumentLine, ArgumentReader } from './argument-line.ts';

const SPACE = 0x20;
const OPEN = 0x28;
const VCPU = ascii('vcpu ');
const REASON = ascii('reason ');
const GSI = ascii('gsi ');
const GSI_HEX = ascii('gsi: ');
const GPA = ascii('gpa ');
const WRITE = ascii('write');
const RESTART = ascii('restart ');
const ERROR = ascii('error ');
const ENABLED = ascii('enabled');

/** Names of exit reasons: VMX in upper case, SVM in lower case, SVM as libtraceevent spells it. Any other is `other`. */
const EXIT_REASONS: readonly (readonly [Uint8Array, number])[] = Object.entries({
  mmio: ['EPT_MISCONFIG', 'EPT_VIOLATION', 'npf', 'NPF', 'EXIT_NPF'],
  pio: ['IO_INSTRUCTION', 'io', 'EXIT_IOIO'],
  halt: ['HLT', 'hlt', 'idle-halt', 'EXIT_HLT'],
  interrupt: ['EXTERNAL_INTERRUPT', 'interrupt', 'EXIT_INTR'],
}).flatMap(([name, reasons]) =>
  reasons.map((reason) => [ascii(`reason ${reason}`), EXIT_CLASS[name as keyof typeof EXIT_CLASS]] as const),
);
const EXIT_CLASSES = new ByteTable(16);
for (const [reason, exitClass] of EXIT_REASONS) {
  const view = new DataView(reason.buffer);
  EXIT_CLASSES.add(view, 0, reason.length, hashBytes(view, 0, reason.length), exitClass);
}

/**
 *   kvm_exit: vcpu 1 reason npf rip 0xffffffff8107e4a0 info1 0x0000000000000000 …
 *   kvm_exit: reason EPT_MISCONFIG rip 0xffffffff8107e4a0 info 0 0            (5.8 and older, and trace-cmd)
 */
const exit: ArgumentReader = (line) => {
  if (line.skipText(VCPU)) {
    line.dev = line.decimal();
    if (line.dev < 0 || !line.skip(SPACE)) return false;
  }
  const start = line.at;
  if (!line.skipText(REASON)) return false;
  line.tag = exitClass(line, start);
  return true;
};

/** The class of `reason npf `, where the cursor stands behind the first word. */
function exitClass(line: ArgumentLine, start: number): number {
  if (!line.skipPast(SPACE)) return EXIT_CLASS.other;
  const end = line.at - 1;
  const found = EXIT_CLASSES.find(line.view, start, end, hashBytes(line.view, start, end));
  return found === NOT_FOUND ? EXIT_CLASS.other : found;
}

/** `vcpu 1, rip 0xffffffff81a592eb` or, from trace-cmd, `vcpu 1 rip 0xffffffff81a592eb`. */
const entry: ArgumentReader = (line) => {
  if (!line.skipText(VCPU)) return false;
  line.dev = line.decimal();
  return line.dev >= 0;
};

/**
 * Two words with a number each. APIC ids are hexadecimal in all kernels, MSI destinations since 4.8, and without a
 * mark; vectors are decimal.
 *   kvm_msi_set_irq:     dst 0 vec 37 (Fixed|physical|edge)
 *   kvm_apic_accept_irq: apicid 0 vec 251 (Fixed|edge)
 *   kvm_eoi:             apicid 0 vector 251        (-1 when no interrupt was in service)
 */
function vector(destinationWord: string, vectorWord: string): ArgumentReader {
  const destination = ascii(`${destinationWord} `);
  const number = ascii(` ${vectorWord} `);
  return (line) => {
    if (!line.skipText(destination)) return false;
    line.dev = line.hex();
    if (line.dev < 0 || !line.skipText(number)) return false;
    line.tag = line.number();
    return line.tag >= -1;
  };
}

/** `IRQ 0xec`, `Soft/INTn 0x20 [reinjected]`; up to 5.18 `irq 236`. */
const injected: ArgumentReader = (line) => {
  line.skipPast(SPACE);
  line.tag = line.number();
  return line.tag >= 0;
};

/** `wait time 96295482 ns, polling valid` when the vCPU slept, `poll time 291 ns, …` when host polling caught it. */
const wakeup: ArgumentReader = (line) => {
  line.aux = line.peek() === 0x77 ? 1 : 0;
  if (!line.skipPastText(TIME)) return false;
  line.tag = line.number();
  return line.tag >= 0;
};
const TIME = ascii(' time ');

/** `vcpu 0: halt_poll_ns 10000 (grow 0)` */
const haltPoll: ArgumentReader = (line) => {
  if (!line.skipText(VCPU)) return false;
  line.dev = line.decimal();
  if (line.dev < 0 || !line.skipPastText(WINDOW)) return false;
  line.tag = line.decimal();
  if (!line.skipPast(OPEN) || !line.skipPast(SPACE)) return false;
  line.aux = line.decimal();
  return line.tag >= 0 && line.aux >= 0;
};
const WINDOW = ascii(': halt_poll_ns ');

/** `gsi 4 level 1 source 0` */
const setIrq: ArgumentReader = (line) => {
  if (!line.skipText(GSI)) return false;
  line.tag = line.decimal();
  return line.tag >= 0;
};

/** `reason KVM_EXIT_IO (2)`; when it returned an error, `reason restart (4)` has the error: stored as its negative. */
const userspaceExit: ArgumentReader = (line) => {
  if (!line.skipText(REASON)) return false;
  const failed = line.skipText(RESTART) || line.skipText(ERROR);
  if (!line.skipPast(OPEN)) return false;
  const number = line.decimal();
  line.tag = failed ? -number : number;
  return number >= 0;
};

/** `VT-d PI is enabled and being updated for irq 45, vcpu 0, gsi: 0x18, gvec: 0x25, …`; `PI is disabled for irq …` */
const postedInterrupt: ArgumentReader = (line) => {
  if (!line.skipPastText(PI_IS)) return false;
  line.aux = startsWith(line.bytes, ENABLED, line.at, line.end) ? 1 : 0;
  if (!line.skipPastText(VCPU)) return false;
  line.dev = line.decimal();
  if (line.dev < 0 || !line.skipPastText(GSI_HEX)) return false;
  line.tag = line.number();
  return line.tag >= 0;
};
const PI_IS = ascii('PI is ');

/** `mmio write len 2 gpa 0xfebf7000 val 0x0`, `mmio read …`, `mmio unsatisfied-read …` */
const mmio: ArgumentReader = (line) => {
  if (!line.skipPast(SPACE)) return false;
  line.aux = startsWith(line.bytes, WRITE, line.at, line.end) ? 1 : 0;
  return physicalAddress(line);
};

/** `fast mmio at gpa 0xfebf7000` */
const physicalAddress: ArgumentReader = (line) => {
  if (!line.skipPastText(GPA)) return false;
  line.tag = line.number();
  return line.tag >= 0;
};

/** `pio_write at 0x3f9 size 1 count 1 val 0x7` */
const pio: ArgumentReader = (line) => {
  if (!line.skipText(PIO)) return false;
  line.aux = startsWith(line.bytes, WRITE, line.at, line.end) ? 1 : 0;
  if (!line.skipPastText(AT)) return false;
  line.tag = line.number();
  return line.tag >= 0;
};
const PIO = ascii('pio_');
const AT = ascii(' at ');

/** Readers of these events' arguments, by event name. */
export const kvmArguments: Readonly<Record<string, ArgumentReader>> = {
  kvm_exit: exit,
  kvm_entry: entry,
  kvm_msi_set_irq: vector('dst', 'vec'),
  kvm_apic_accept_irq: vector('apicid', 'vec'),
  kvm_apicv_accept_irq: vector('apicid', 'vec'),
  kvm_eoi: vector('apicid', 'vector'),
  kvm_inj_virq: injected,
  kvm_vcpu_wakeup: wakeup,
  kvm_halt_poll_ns: haltPoll,
  kvm_set_irq: setIrq,
  kvm_userspace_exit: userspaceExit,
  kvm_pi_irte_update: postedInterrupt,
  kvm_mmio: mmio,
  kvm_fast_mmio: physicalAddress,
  kvm_pio: pio,
};
