/** The matrix: every path that can be had live, with its settings. */

import type { Expectation, GuestSetup, Run, Setup } from './configuration.ts';
import { DRIVE_ADDRESSES } from './emulator.ts';

const ADDRESS = DRIVE_ADDRESSES[0];
/** The drive on node 0, by its address: which of the two is nvme0 depends on who answers first. */
export const DRIVE_DEVICE = '/dev/lab0';

/** Longer than any request takes under emulation: then polling never ends in between. */
const POLL_LONG_NS = 50_000_000;

const NVME = { driver: 'nvme', pollQueues: 0 } as const;
const VFIO = { driver: 'vfio-pci' } as const;

const ASSIGNED = ['-device', 'pcie-root-port,id=rp,chassis=1', '-device', `vfio-pci,host=${ADDRESS},bus=rp`];

const RAW = (aio: string) => `file=${DRIVE_DEVICE},format=raw,if=none,id=d0,cache=none,aio=${aio}`;
const USERSPACE = `file=nvme://${ADDRESS}/1,format=raw,if=none,id=d0`;
const DISK = 'virtio-blk-pci,drive=d0,iothread=io0';

interface IothreadDisk {
  readonly drive: string;
  readonly pollNs: number;
  readonly device?: string;
}

/** virtio-blk served by an IOThread. */
function iothread({ drive, pollNs, device = `${DISK},num-queues=1` }: IothreadDisk): string[] {
  return ['-object', `iothread,id=io0,poll-max-ns=${pollNs}`, '-drive', drive, '-device', device];
}

function virtio(qemu: readonly string[], more: Partial<GuestSetup> = {}): GuestSetup {
  return { cpus: 1, disk: 'vda', kernel: [], qemu, ...more };
}

function assigned(more: Partial<GuestSetup> = {}): GuestSetup {
  return { cpus: 1, disk: 'nvme0n1', kernel: [], qemu: ASSIGNED, ...more };
}

/** A qemu-storage-daemon with a vhost-user-blk export of the node `d0`, and the guest that uses it. */
function exported(blockdev: string): GuestSetup {
  const socket = '/run/lab/export';
  return virtio(
    [
      ...['-object', 'memory-backend-memfd,id=mem,size=512M,share=on', '-numa', 'node,memdev=mem'],
      ...['-chardev', `socket,id=c0,path=${socket}`, '-device', 'vhost-user-blk-pci,chardev=c0,num-queues=1'],
    ],
    {
      daemon: [
        ...['--object', 'iothread,id=io0,poll-max-ns=0', '--blockdev', `${blockdev},node-name=d0`],
        '--export',
        `type=vhost-user-blk,id=e0,node-name=d0,addr.type=unix,addr.path=${socket},iothread=io0,num-queues=1,writable=on`,
      ],
    },
  );
}

const PLAIN: Omit<Run, 'expect'> = {
  name: '',
  engine: 'sync',
  depth: 1,
  tracer: 'tracefs',
  guestAccess: true,
};
const plain = (expect: Expectation): Run => ({ ...PLAIN, expect });
const deep = (depth: number, expect: Expectation): Run => ({
  ...PLAIN,
  name: `qd${depth}`,
  engine: 'uring',
  depth,
  expect,
});
const by = (tracer: Run['tracer'], expect: Expectation): Run => ({ ...PLAIN, name: tracer, tracer, expect });
/** One run by two tracers at once. */
const twice = (expect: Expectation): Run => ({
  ...by('perf', expect),
  name: 'two-tracers',
  beside: 'tracefs',
});
/** Where the drive is the host's own; of an assigned drive or nvme:// the host alone shows no request, and iotrace says so. */
const HOST_ONLY: Run = {
  ...PLAIN,
  name: 'host-only',
  guestAccess: false,
  expect: { path: 'virtio-blk-host-only' },
};

/** All that is done where a path is looked at closely: depths and tracers. */
function closely(expect: Expectation): Run[] {
  const { path } = expect;
  return [
    plain(expect),
    deep(4, { path }),
    deep(32, { path }),
    by('perf', { path }),
    by('bpftrace', { path }),
  ];
}

const KICKED = { holds: 'kicked', share: 0.9 };
const POLLED = { holds: 'polled pick-up', share: 0.5 };

/** virtio-blk, IOThread: each way of submitting, with polling off and long, and with the guest told to keep quiet or not. */
const IOTHREADS: readonly Setup[] = (['native', 'io_uring'] as const).flatMap((aio) =>
  [0, POLL_LONG_NS].flatMap((pollNs) =>
    [true, false].map((eventIdx): Setup => {
      const expect: Expectation =
        pollNs === 0
          ? { path: 'virtio-blk-iothread', variant: KICKED }
          : { path: 'virtio-blk-iothread-polling', variant: POLLED };
      const name = `iothread-${aio.replace('_', '-')}${pollNs === 0 ? '' : '-poll'}${eventIdx ? '' : '-noevidx'}`;
      const device = `${DISK},num-queues=1,event_idx=${eventIdx ? 'on' : 'off'}`;
      return {
        name,
        drive: NVME,
        guest: virtio(iothread({ drive: RAW(aio), pollNs, device })),
        runs: name === 'iothread-native' ? [...closely(expect), HOST_ONLY, twice(expect)] : [plain(expect)],
      };
    }),
  ),
);

const NO_USERSPACE_DRIVER =
  'QEMU 11 hangs at the first admin command of nvme:// under emulation: no completion, no interrupt, and the IOMMU reports a write it does not allow';

const USERSPACE_PATH: Expectation = { path: 'virtio-blk-userspace-nvme', variant: KICKED };

export const SETUPS: readonly Setup[] = [
  {
    name: 'bare-irq',
    drive: NVME,
    guest: undefined,
    runs: [
      plain({ path: 'bare-metal-nvme' }),
      { ...plain({ path: 'bare-metal-nvme' }), name: 'fio', engine: 'fio' },
      // bpftrace with the system calls of every task does not get ready within the time here.
      by('perf', { path: 'bare-metal-nvme' }),
    ],
  },
  {
    name: 'bare-iopoll',
    drive: { driver: 'nvme', pollQueues: 1 },
    guest: undefined,
    runs: [{ ...plain({ path: 'bare-metal-nvme-iopoll' }), engine: 'iopoll' }],
  },
  { name: 'vfio', drive: VFIO, guest: assigned(), runs: closely({ path: 'vfio-pci-nvme' }) },
  {
    name: 'vfio-haltpoll',
    drive: VFIO,
    guest: assigned({ kernel: ['cpuidle_haltpoll.force=1'] }),
    runs: [plain({ path: 'vfio-pci-nvme-haltpoll' })],
  },
  {
    name: 'vfio-iopoll',
    drive: VFIO,
    guest: assigned({ cpus: 2, kernel: ['nvme.poll_queues=1'] }),
    runs: [{ ...plain({ path: 'vfio-pci-nvme-iopoll' }), engine: 'iopoll' }],
  },
  {
    name: 'main-loop',
    drive: NVME,
    guest: virtio(['-drive', RAW('native'), '-device', 'virtio-blk-pci,drive=d0,num-queues=1']),
    runs: [plain({ path: 'virtio-blk-main-loop', variant: KICKED })],
  },
  ...IOTHREADS,
  {
    name: 'iothread-packed-mq',
    drive: NVME,
    guest: virtio(iothread({ drive: RAW('native'), pollNs: 0, device: `${DISK},num-queues=2,packed=on` }), {
      cpus: 2,
    }),
    // Left to itself the reader may stay on one virtual CPU, and so with one queue.
    runs: [{ ...plain({ path: 'virtio-blk-iothread-multiqueue' }), engine: 'wander' }],
  },
  {
    name: 'nvme-userspace',
    drive: VFIO,
    guest: virtio(iothread({ drive: USERSPACE, pollNs: 0 })),
    impossible: { sid: NO_USERSPACE_DRIVER },
    runs: closely(USERSPACE_PATH),
  },
  {
    name: 'nvme-userspace-poll',
    drive: VFIO,
    guest: virtio(iothread({ drive: USERSPACE, pollNs: POLL_LONG_NS })),
    impossible: { sid: NO_USERSPACE_DRIVER },
    runs: [plain({ path: 'virtio-blk-userspace-nvme' })],
  },
  {
    name: 'guest-iopoll',
    drive: NVME,
    guest: virtio(
      iothread({ drive: RAW('native'), pollNs: POLL_LONG_NS, device: `${DISK},num-queues=2,event_idx=off` }),
      { cpus: 2, kernel: ['virtio_blk.poll_queues=1'] },
    ),
    runs: [{ ...plain({ path: 'virtio-blk-iopoll' }), engine: 'iopoll' }],
  },
  {
    name: 'storage-daemon',
    drive: NVME,
    guest: exported(`driver=host_device,filename=${DRIVE_DEVICE},aio=native,cache.direct=on`),
    runs: [plain({ path: 'vhost-user-blk-qsd' })],
  },
  {
    name: 'storage-daemon-nvme',
    drive: VFIO,
    guest: exported(`driver=nvme,device=${ADDRESS},namespace=1`),
    impossible: { sid: NO_USERSPACE_DRIVER },
    runs: [plain({ path: 'vhost-user-blk-qsd-nvme' })],
  },
  {
    name: 'nodes-apart',
    drive: NVME,
    guest: virtio(iothread({ drive: RAW('native'), pollNs: 0 }), { pins: { 'IO io0': 3, 'CPU 0/KVM': 0 } }),
    runs: [plain({ path: 'virtio-blk-iothread', findings: ['iothread-node'] })],
  },
  {
    name: 'nodes-together',
    drive: NVME,
    guest: virtio(iothread({ drive: RAW('native'), pollNs: 0 }), { pins: { 'IO io0': 1, 'CPU 0/KVM': 0 } }),
    runs: [
      plain({
        path: 'virtio-blk-iothread',
        noFindings: ['iothread-node', 'drive-node'],
        change: { since: 'nodes-apart', cured: ['iothread-node', 'drive-node'] },
      }),
    ],
  },
];

/** What .ci/run has time for: every path once. */
export const EVERY_PATH_ONCE: readonly string[] = [
  'bare-irq',
  'bare-iopoll',
  'vfio',
  'vfio-haltpoll',
  'vfio-iopoll',
  'main-loop',
  'iothread-native',
  'iothread-native.qd4',
  'iothread-native.perf',
  'iothread-native.host-only',
  'iothread-native-poll',
  'iothread-packed-mq',
  'nvme-userspace',
  'guest-iopoll',
  'storage-daemon',
  'storage-daemon-nvme',
];
