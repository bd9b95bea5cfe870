/** What is read off the host about a guest, as small texts that `parsers/facts` reads; some of it twice. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Daemon, Guest, GuestDisk, GuestThread } from '../../discover/guest.ts';
import type { FactText } from '../machine-facts.ts';

const KVM_FOLDER = '/sys/kernel/debug/kvm';
const COUNTERS = [
  'exits',
  'mmio_exits',
  'io_exits',
  'halt_exits',
  'irq_injections',
  'halt_successful_poll',
  'halt_wakeup',
];
const TSC_FILES = ['tsc-offset', 'tsc-scaling-ratio', 'tsc-scaling-ratio-frac-bits'];

const SETTINGS = [
  '/sys/module/kvm/parameters/halt_poll_ns',
  '/sys/module/kvm/parameters/halt_poll_ns_grow',
  '/sys/module/kvm_intel/parameters/enable_apicv',
  '/sys/module/kvm_amd/parameters/avic',
  '/sys/module/kvm_amd/parameters/npt',
];

/** Command lines, threads, eventfds: what names the rows of the trace. */
export async function guestFacts(guest: Guest, daemon: Daemon | null): Promise<FactText[]> {
  return [
    { name: 'cmdline', text: nulSeparated(guest.commandLine) },
    { name: 'threads', text: threadLines(guest.threads) },
    { name: 'eventfds', text: eventfdLines(guest) },
    { name: 'numa_maps', text: await text(`/proc/${guest.pid}/numa_maps`) },
    ...(daemon === null
      ? []
      : [
          { name: 'cmdline-daemon', text: nulSeparated(daemon.commandLine) },
          { name: 'threads-daemon', text: threadLines(daemon.threads) },
          { name: 'eventfds-daemon', text: eventfdLines(daemon) },
        ]),
  ].filter((fact) => fact.text !== '');
}

/** The node of a drive that is no block device of this host, because VFIO has it. */
export function driveNode({ drive }: Pick<GuestDisk, 'drive'>): FactText[] {
  if (drive === null || drive.name !== '' || drive.pciAddress === '' || drive.node === null) return [];
  return [{ name: 'host-drive', text: `/sys/bus/pci/devices/${drive.pciAddress}/numa_node:${drive.node}\n` }];
}

/** KVM's counters and TSC offsets of one virtual machine (debugfs; arch/x86/kvm/debugfs.c), '' where debugfs is not mounted. */
export async function kvmFacts(pid: number, order: 'before' | 'after'): Promise<FactText[]> {
  const machines = (await names(KVM_FOLDER)).filter((name) => name.startsWith(`${pid}-`));
  const lines: string[] = [];
  for (const machine of machines) {
    const folder = join(KVM_FOLDER, machine);
    const files = [...COUNTERS];
    for (const vcpu of (await names(folder)).filter((name) => /^vcpu\d+$/.test(name)))
      files.push(...TSC_FILES.map((file) => `${vcpu}/${file}`));
    for (const file of files) lines.push(await line(join(folder, file)));
  }
  const found = lines.join('');
  return found === '' ? [] : [{ name: `host-kvm-${order}`, text: found }];
}

/** Settings of KVM, and where each thread may run, as notes. */
export async function guestNotes(guest: Guest, daemon: Daemon | null): Promise<string[]> {
  const settings = (await Promise.all(SETTINGS.map(line)))
    .filter((each) => each !== '')
    .map((each) => each.trim().replace(':', ' = '));
  const features = cpuFeatures(await text('/proc/cpuinfo')).map((name) => `the host’s CPU has ${name}`);
  const places = [...guest.threads, ...(daemon?.threads ?? [])]
    .filter(({ role }) => role !== 'other')
    .slice(0, 64)
    .map(({ tid, name, allowedCpus }) => `thread ${tid} ${name} may run on CPUs ${allowedCpus}`);
  const polls = guest.iothreads.map(
    ({ id, pollMaxNs }) => `IOThread ${id}: poll-max-ns ${pollMaxNs ?? 'not said (QEMU’s own choice)'}`,
  );
  return [...settings, ...features, ...polls, ...places];
}

/** Interrupts without exits, as /proc/cpuinfo names them: Intel's among the `vmx flags` (Linux 5.9), AMD's among the others. */
export function cpuFeatures(cpuinfo: string): string[] {
  const has = (line: RegExp, name: string) => line.exec(cpuinfo)?.[1]?.split(' ').includes(name) === true;
  return [
    ...(has(/^vmx flags\s*: (.*)$/m, 'posted_intr') ? ['posted_intr'] : []),
    ...(has(/^flags\s*: (.*)$/m, 'avic') ? ['avic'] : []),
  ];
}

/** The domain's XML as libvirt has it, '' where libvirt does not know the guest or is not there. */
export async function libvirtXml(guest: Guest): Promise<string> {
  if (guest.uuid === '') return '';
  const { stdout, failed } = await execa('virsh', ['-r', '--', 'dumpxml', guest.uuid], {
    reject: false,
    timeout: 5000,
    maxBuffer: 1 << 20,
    env: { LC_ALL: 'C' },
  });
  return failed ? '' : stdout;
}

function nulSeparated(words: readonly string[]): string {
  return words.map((word) => `${word}\0`).join('');
}

function threadLines(threads: readonly GuestThread[]): string {
  return threads.map(({ tid, name }) => `tid ${tid} ${name}\n`).join('');
}

function eventfdLines({ eventfds }: Pick<Guest, 'eventfds'>): string {
  return eventfds.map(({ fd, id }) => `fd ${fd} eventfd-id ${id}\n`).join('');
}

async function line(path: string): Promise<string> {
  const value = (await text(path)).trim();
  return value === '' || value.includes('\n') ? '' : `${path}:${value}\n`;
}

function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
