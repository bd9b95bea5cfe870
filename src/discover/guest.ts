/** What `iotrace ls` knows of a running guest. All text in it is foreign. `null` and '' mean: could not be told. */
import type { EventfdFact, NodePagesFact } from '../../parsers/facts/facts.ts';
import type { DiskBackend } from '../../parsers/facts/qemu-disks.ts';

/** A thread of QEMU or of a storage daemon, and where it may run. */
export interface GuestThread {
  readonly tid: number;
  /** The kernel's comm. Threads of a QEMU without debug-threads=on all have the program's name. */
  readonly name: string;
  readonly role: 'main' | 'vcpu' | 'iothread' | 'other';
  /** IOThread's id ('io0'), vCPU's number ('3'), '' for others. */
  readonly id: string;
  /** CPUs it is allowed on, as the kernel prints them: '0-3,8'. '' when not known. */
  readonly allowedCpus: string;
  /** True when that is less than all CPUs of the machine. */
  readonly pinned: boolean;
  /** NUMA nodes of those CPUs; empty on a machine that does not say. */
  readonly nodes: readonly number[];
  /** CPU it last ran on, null when not known. */
  readonly lastCpu: number | null;
}

/** An IOThread as configured, and its thread. */
export interface GuestIoThread {
  readonly id: string;
  readonly tid: number | null;
  /** Longest busy wait, ns; null where neither the command line nor QEMU says (QEMU's default is 32768). */
  readonly pollMaxNs: number | null;
}

/** A row of /proc/interrupts that belongs to a drive. */
export interface DriveInterrupt {
  readonly irq: number;
  readonly name: string;
  /** CPUs that really get it (/proc/irq/N/effective_affinity_list), '' when not known. */
  readonly cpus: string;
}

/** The host's hardware under a disk. */
export interface Drive {
  /** Kernel's name and number, '' and null where no driver of the host has it (nvme://, vfio). */
  readonly name: string;
  readonly number: string;
  /** Partition that is used of it, '' for the whole. */
  readonly partition: string;
  /** PCI address of its controller, '' where there is none. */
  readonly pciAddress: string;
  /** The kernel's driver of the controller: 'nvme', 'vfio-pci', '' for none. */
  readonly driver: string;
  /** NUMA node, -1 = the firmware does not say, null = not known. */
  readonly node: number | null;
  readonly interrupts: readonly DriveInterrupt[];
}

/** A storage daemon that serves a vhost-user socket. */
export interface Daemon {
  readonly pid: number;
  /** 'qemu-storage-daemon', 'spdk_tgt' … */
  readonly program: string;
  readonly commandLine: readonly string[];
  readonly threads: readonly GuestThread[];
  readonly eventfds: readonly EventfdFact[];
  /** What its export opens, where its command line tells; null for a daemon that is configured elsewhere (SPDK). */
  readonly backend: DiskBackend | null;
}

/** A disk of the guest. */
export interface GuestDisk {
  readonly id: string;
  /** QEMU's device: 'virtio-blk-pci'. */
  readonly device: string;
  /** Name of its node in QEMU's block graph, '' where QEMU's block layer is not involved. */
  readonly node: string;
  readonly backend: DiskBackend;
  /** IOThreads that serve its queues; empty = QEMU's main loop, where QEMU serves it. */
  readonly iothreads: readonly string[];
  readonly queues: number | null;
  /** The I/O paths (iotrace explain) its requests can take; which of them they take a recording shows. */
  readonly paths: readonly string[];
  /** Path and backend in words: 'virtio-blk, IOThread io0, linux-aio on /dev/nvme0n1'. */
  readonly summary: string;
  readonly drive: Drive | null;
  readonly daemon: Daemon | null;
  /** Requests QEMU has completed for it (query-blockstats), null without QMP. */
  readonly completed: { readonly reads: number; readonly writes: number } | null;
}

/** Where QEMU's monitor was asked, and how that went. */
export interface MonitorState {
  readonly state: 'answered' | 'none' | 'busy' | 'silent' | 'refused' | 'nonsense';
  /** A sentence for a person. */
  readonly note: string;
}

/** A running guest. */
export interface Guest {
  readonly pid: number;
  /** `-name guest=…`, '' when it has none. */
  readonly name: string;
  readonly uuid: string;
  /** File name of the program: 'qemu-system-x86_64'. */
  readonly program: string;
  readonly commandLine: readonly string[];
  readonly accelerator: 'kvm' | 'tcg' | '';
  readonly threads: readonly GuestThread[];
  readonly iothreads: readonly GuestIoThread[];
  readonly disks: readonly GuestDisk[];
  readonly eventfds: readonly EventfdFact[];
  /** Memory per NUMA node in pages of 4 KiB; empty when it may not be read. */
  readonly memory: readonly NodePagesFact[];
  readonly monitor: MonitorState;
  /** What could not be told and why, a sentence each. */
  readonly notes: readonly string[];
}
