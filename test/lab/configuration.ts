/** What the lab can set up, and what is recorded of it. */
import type { Release } from './releases.ts';

/** How the reader of inside/reader.c reads; or fio, on the host. */
export type Engine = 'sync' | 'wander' | 'uring' | 'iopoll' | 'fio';

export type TracerName = 'tracefs' | 'perf' | 'bpftrace';

/** A virtual machine of the host. */
export interface GuestSetup {
  readonly cpus: number;
  /** The traced disk's name inside. */
  readonly disk: 'vda' | 'nvme0n1';
  /** More words for its kernel's command line. */
  readonly kernel: readonly string[];
  /** QEMU's arguments for the traced disk. */
  readonly qemu: readonly string[];
  /** Arguments of the qemu-storage-daemon that serves the disk, where one does. */
  readonly daemon?: readonly string[] | undefined;
  /** Name of a thread of QEMU → CPU of the host it is pinned to. */
  readonly pins?: Readonly<Record<string, number>> | undefined;
}

/** A state of the host, entered once for all that is recorded in it. */
export interface Setup {
  readonly name: string;
  /** The drive on node 0: with the kernel's driver, or given to vfio-pci. */
  readonly drive: { readonly driver: 'nvme'; readonly pollQueues: number } | { readonly driver: 'vfio-pci' };
  /** Undefined: the reader runs on the host itself. */
  readonly guest: GuestSetup | undefined;
  /** Releases on which it cannot be had → what was seen. */
  readonly impossible?: Partial<Record<Release['name'], string>> | undefined;
  readonly runs: readonly Run[];
}

/** One recording, and what has to come out. */
export interface Run {
  /** 'qd4', 'perf' …; '' for the plain one. */
  readonly name: string;
  readonly engine: Engine;
  readonly depth: number;
  readonly tracer: TracerName;
  /** Another that records the same run at the same time, around it. */
  readonly beside?: TracerName | undefined;
  /** False: nothing is recorded inside the guest, as for somebody who has no access to it. */
  readonly guestAccess: boolean;
  readonly expect: Expectation;
}

export interface Expectation {
  /** Name of src/paths/. */
  readonly path: string;
  /** Words of a variant's name, and the least share of the matched requests that has to be of such variants. */
  readonly variant?: { readonly holds: string; readonly share: number } | undefined;
  /** Ids of src/findings/ that have to be there, and such that may not. */
  readonly findings?: readonly string[] | undefined;
  readonly noFindings?: readonly string[] | undefined;
  /** What `iotrace diff` has to show against an earlier recording of the same run, where that was made. */
  readonly change?: ExpectedChange | undefined;
}

export interface ExpectedChange {
  /** Name of the configuration before the change. */
  readonly since: string;
  /** Findings it had, which are gone. */
  readonly cured: readonly string[];
}

/** 'iothread-native.qd4': what the command line takes and the table of results has. */
export function nameOf(setup: Setup, run: Run): string {
  return run.name === '' ? setup.name : `${setup.name}.${run.name}`;
}
