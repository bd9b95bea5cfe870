/** Why a point cannot be seen, and what to do about it. */
export interface Reason {
  /** For programs, in kebab-case. */
  readonly id: string;
  /** A sentence. */
  readonly text: string;
  /** What to do, a sentence or a command. */
  readonly remedy: string;
}

/** What holds for a whole machine. Facts: kernel_lockdown(7), Documentation/trace/kprobetrace.rst. */
export const REASONS = {
  notLinux: reason('not-linux', 'This is not Linux.', 'Record on the Linux machine.'),
  notRoot: reason('not-root', 'Only root may use the kernel’s tracer.', 'Run it again with sudo.'),
  noTracefs: reason(
    'tracefs-not-mounted',
    'tracefs is not mounted.',
    'mount -t tracefs tracefs /sys/kernel/tracing',
  ),
  lockdown: reason(
    'lockdown',
    'The kernel is locked down (confidentiality): it lets nobody trace.',
    'Boot without lockdown=confidentiality; see kernel_lockdown(7).',
  ),
  noKprobes: reason(
    'no-kprobes',
    'The kernel makes no kprobes: tracefs has no kprobe_events.',
    'Boot a kernel with CONFIG_KPROBE_EVENTS=y; distributions have it.',
  ),
  noFentry: reason(
    'no-fentry-no-kprobes',
    'bpftrace has no fentry for it, and the kernel makes no kprobes.',
    'Boot a kernel with CONFIG_KPROBE_EVENTS=y, or with BTF and CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y.',
  ),
  emulated: reason(
    'guest-without-kvm',
    'The guest runs under TCG: its processors are emulated, and KVM has no part in its requests.',
    'Start it with -accel kvm.',
  ),
  noWayIn: reason(
    'no-way-in',
    'Not looked at: there is no way into the guest.',
    'Give one: --guest-ssh user@host, or --guest-exec COMMAND.',
  ),
} as const satisfies Record<string, Reason>;

/** What a system of events comes with. */
const SYSTEMS: Readonly<Record<string, string>> = {
  block: 'Boot a kernel with CONFIG_BLK_DEV_IO_TRACE=y.',
  io_uring: 'Boot a kernel with CONFIG_IO_URING=y.',
  kvm: 'modprobe kvm_intel (or kvm_amd)',
  nvme: 'modprobe nvme',
  syscalls: 'Boot a kernel with CONFIG_FTRACE_SYSCALLS=y.',
};

/** No event of that system at all. */
export function systemMissing(system: string): Reason {
  return reason(
    `no-${system}-events`,
    `The kernel has no ${system} events.`,
    SYSTEMS[system] ?? 'Boot a kernel with CONFIG_TRACEPOINTS=y, or load the module they belong to.',
  );
}

/** The system is there, the event is not. */
export function eventMissing(system: string, name: string): Reason {
  return reason(
    'event-missing',
    `The kernel has no event ${system}:${name}.`,
    'Another version of the kernel has it.',
  );
}

/** The kernel has no such function: inlined, or in a module that is not loaded. */
export function functionMissing(symbols: readonly string[]): Reason {
  return reason(
    'function-missing',
    `The kernel has no function ${symbols.join(' or ')}.`,
    'Load the module it belongs to (a guest that runs has loaded it); an inlined function cannot be seen.',
  );
}

/** It is there, and the kernel forbids a probe on it (NOKPROBE_SYMBOL, notrace). */
export function functionForbidden(symbols: readonly string[]): Reason {
  return reason(
    'function-not-traceable',
    `The kernel allows no probe on ${symbols.join(' or ')} (kprobes/blacklist).`,
    'None on this kernel.',
  );
}

/** None of the scripts in bpf/ has it. */
export function noScript(name: string): Reason {
  return reason('no-script', `No script in bpf/ records ${name}.`, 'Use --tracer tracefs or perf for it.');
}

/** The program's file does not say where it is. */
export function placeHidden(names: readonly string[]): Reason {
  return reason(
    'place-hidden',
    `The program’s file does not tell where ${names.join(' or ')} is: it exports no such function, has no symbol table, and no mark (USDT).`,
    'Install a build with its symbols or with marks (QEMU: --enable-trace-backends=dtrace), or take QEMU’s own log (iotrace record --qemu-log).',
  );
}

/** bpftrace could attach to a mark only when it traces that process alone. */
export const MARK_BY_BPFTRACE = reason(
  'mark-not-by-bpftrace',
  'bpftrace attaches to marks (USDT) of a process only when it traces nothing else.',
  'Use --tracer tracefs or perf for it.',
);

/** tracefs has no list of probes in programs. */
export const NO_UPROBES = reason(
  'no-uprobes',
  'The kernel makes no probes in programs: tracefs has no uprobe_events.',
  'Boot a kernel with CONFIG_UPROBE_EVENTS=y; distributions have it.',
);

function reason(id: string, text: string, remedy: string): Reason {
  return { id, text, remedy };
}
