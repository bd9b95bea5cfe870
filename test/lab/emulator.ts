/** The emulator that runs the host, and the machine it makes. */
import { join } from 'node:path';
import type { Image } from './image/build-image.ts';

/** QEMU, and what has to come before its own arguments. */
export interface Emulator {
  readonly program: string;
  readonly leading: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** QEMU as this machine has it installed. */
export const INSTALLED: Emulator = { program: 'qemu-system-x86_64', leading: [], env: {} };

/** QEMU out of another release's root file system, through that one's own loader: nothing is installed for it. */
export function emulatorIn(root: string): Emulator {
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu');
  const firmware = ['qemu', 'seabios', '../lib/ipxe/qemu'].flatMap((name) => [
    '-L',
    join(root, 'usr/share', name),
  ]);
  return {
    program: join(root, 'lib64/ld-linux-x86-64.so.2'),
    leading: ['--library-path', libraries, join(root, 'usr/bin/qemu-system-x86_64'), ...firmware],
    env: { QEMU_MODULE_DIR: join(libraries, 'qemu') },
  };
}

/** PCI address of the drive on node 0 and on node 1: the first bus behind the root port of the bridges below. */
export const DRIVE_ADDRESSES = ['0000:21:00.0', '0000:41:00.0'] as const;

export interface MachineParts {
  readonly image: Image;
  /** Raw images of the two drives. */
  readonly drives: readonly string[];
  /** Port of this machine that leads to the host's ssh. */
  readonly port: number;
  readonly project: string;
  /** Copy of the project's dist/, laid over it in the host. */
  readonly dist: string;
  readonly node: string;
  readonly out: string;
  readonly console: string;
  readonly pidFile: string;
}

/**
 * Kernel: Debian's, uncompressed, started through PVH. TCG has no invariant TSC, so it is told that the TSC is reliable.
 * no_timer_check: on a busy machine the timer ticks too late for the kernel's check of it. mitigations=off and nokaslr: less to emulate, and addresses in a crash can be looked up.
 */
const KERNEL_ARGUMENTS = [
  'console=ttyS0 quiet loglevel=4 lab.host=1',
  'intel_iommu=on iommu=pt kvm_amd.npt=1',
  'no_timer_check tsc=reliable clocksource=tsc mitigations=off nokaslr random.trust_cpu=on',
  'net.ifnames=0 selinux=0 apparmor=0 audit=0 panic=1',
].join(' ');

/** Four CPUs on two nodes, a drive on each, remapped interrupts and an IOMMU, so that a drive can be assigned. */
export function emulatorArguments(parts: MachineParts): string[] {
  const { image } = parts;
  return [
    ...['-machine', 'q35,kernel-irqchip=split', '-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'max'],
    ...['-smp', '4,sockets=2,cores=2,threads=1', '-m', '4G'],
    ...[0, 1].flatMap((node) => ['-object', `memory-backend-ram,id=m${node},size=2G`]),
    ...['-numa', 'node,nodeid=0,memdev=m0,cpus=0-1', '-numa', 'node,nodeid=1,memdev=m1,cpus=2-3'],
    ...['-numa', 'dist,src=0,dst=1,val=21'],
    ...['-device', 'intel-iommu,intremap=on,caching-mode=on'],
    ...['-kernel', image.vmlinux, '-initrd', image.initramfs, '-append', KERNEL_ARGUMENTS],
    ...['-drive', `file=${image.disk},format=raw,if=none,id=root,cache=unsafe,snapshot=on`],
    ...['-device', 'virtio-blk-pci,drive=root,bus=pcie.0'],
    ...['-netdev', `user,id=n0,hostfwd=tcp:127.0.0.1:${parts.port}-:22`],
    ...['-device', 'virtio-net-pci,netdev=n0,bus=pcie.0', '-device', 'virtio-rng-pci,bus=pcie.0'],
    ...shared('project', parts.project, ',readonly=on'),
    ...shared('dist', parts.dist, ',readonly=on'),
    ...shared('node', parts.node, ',readonly=on'),
    ...shared('out', parts.out, ''),
    ...parts.drives.flatMap((file, node) => drive(file, node)),
    ...['-display', 'none', '-vga', 'none', '-no-reboot', '-monitor', 'none'],
    ...['-serial', `file:${parts.console}`, '-pidfile', parts.pidFile, '-daemonize'],
  ];
}

function shared(tag: string, path: string, more: string): string[] {
  return ['-virtfs', `local,path=${path},mount_tag=${tag},security_model=none,multidevs=remap${more}`];
}

/** A drive behind a bridge of its node: buses 32 and 64, and one further for the port's other side. */
function drive(file: string, node: number): string[] {
  return [
    ...['-device', `pxb-pcie,id=bridge${node},bus_nr=${32 * (node + 1)},numa_node=${node},bus=pcie.0`],
    ...['-device', `pcie-root-port,id=port${node},bus=bridge${node},chassis=${node + 1},slot=${node + 1}`],
    ...['-drive', `file=${file},format=raw,if=none,id=drive${node},cache=unsafe`],
    ...['-device', `nvme,bus=port${node},drive=drive${node},serial=lab${node},max_ioqpairs=8`],
  ];
}
