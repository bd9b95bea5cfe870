/** What the bpftrace of this machine understands and can attach to: asked of it, not told by its version. */
import { access } from 'node:fs/promises';
import { IotraceError } from '../../errors.ts';
import { askProgram } from '../ask-program.ts';
import { kernelFunctions } from '../kernel-functions.ts';
import type { TraceFiles } from '../tracefs/trace-files.ts';

export interface BpftraceHost {
  /** `bpftrace v0.17.0` */
  readonly version: string;
  /** Clock of `now`: plain `nsecs` is CLOCK_BOOTTIME; newer versions can be asked for CLOCK_MONOTONIC. */
  readonly clock: 'boot' | 'mono';
  readonly now: 'nsecs' | 'nsecs(monotonic)';
  /** Environment that bounds each map to so many elements and strings to 32 bytes. */
  bounds(keys: number): Record<string, string>;
  /** Arguments that compile a script and do not run it. */
  readonly dryRun: readonly string[];
  /** A probe as it has to be written here; undefined when there is none. */
  probeOf(probe: string): string | undefined;
}

/** Asks bpftrace and the kernel. Throws an IotraceError when there is no bpftrace, or it does not answer. */
export async function askBpftrace(
  files: Pick<TraceFiles, 'has'>,
  probes: readonly string[],
): Promise<BpftraceHost> {
  const version = (await ask(['--version'])).trim();
  const help = await ask(['--help']);
  const dryRun = help.includes('--dry-run') ? ['--dry-run'] : ['-d'];
  const compiled = await askProgram('bpftrace', [...dryRun, '-e', 'BEGIN { @ = nsecs(monotonic); }']);
  const hasMono = compiled.exitCode === 0;
  const found = await existing(files, probes);
  return {
    version,
    clock: hasMono ? 'mono' : 'boot',
    now: hasMono ? 'nsecs(monotonic)' : 'nsecs',
    // The older of two names is used where both are known, and newer versions complain of it.
    bounds: (keys) => ({
      [help.includes('BPFTRACE_MAX_MAP_KEYS') ? 'BPFTRACE_MAX_MAP_KEYS' : 'BPFTRACE_MAP_KEYS_MAX']: `${keys}`,
      [help.includes('BPFTRACE_MAX_STRLEN') ? 'BPFTRACE_MAX_STRLEN' : 'BPFTRACE_STRLEN']: '32',
    }),
    dryRun,
    probeOf: (probe) => found.get(probe),
  };
}

async function existing(
  files: Pick<TraceFiles, 'has'>,
  probes: readonly string[],
): Promise<ReadonlyMap<string, string | undefined>> {
  const found = new Map<string, string>();
  const functions = probes.some((probe) => probe.startsWith('k')) ? await kernelFunctions() : new Set();
  const hasKprobes = await files.has('kprobe_events');
  const fentries = probes.some((probe) => probe.startsWith('kfunc:')) ? await fentryFunctions() : new Map();
  for (const probe of probes) {
    const [kind, system, name] = probe.split(':');
    if (kind === 'tracepoint') {
      if (await files.has(`events/${system}/${name}/format`)) found.set(probe, probe);
    } else if (kind === 'kprobe') {
      if (hasKprobes && functions.has(system!)) found.set(probe, probe);
    } else if (kind === 'kfunc') {
      const here = fentries.get(system!);
      if (here !== undefined) found.set(probe, here);
    }
  }
  return found;
}

/** Functions that fentry can be attached to, as bpftrace lists them: `kfunc:vmlinux:eventfd_read`, `kfunc:eventfd_read`. */
async function fentryFunctions(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const { stdout } = await askProgram('bpftrace', ['-l', 'kfunc:*']);
  for (const line of stdout.split('\n')) {
    const name = /^(?:kfunc|fentry):(?:[\w-]+:)?(\w+)$/.exec(line)?.[1];
    if (name !== undefined) found.set(name, line);
  }
  return found;
}

async function ask(args: readonly string[]): Promise<string> {
  const { stdout, stderr, missing } = await askProgram('bpftrace', args);
  if (missing)
    throw new IotraceError('bpftrace-missing', 'There is no bpftrace on this machine.', {
      hint: 'Install the package bpftrace (0.17 or later), or use another tracer (--tracer tracefs).',
    });
  return `${stdout}\n${stderr}`;
}

/** Whether the kernel has BTF, which fentry needs. */
export function hasBtf(): Promise<boolean> {
  return access('/sys/kernel/btf/vmlinux').then(
    () => true,
    () => false,
  );
}
