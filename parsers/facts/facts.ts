import type { ClockId } from '../format.ts';

/**
 * What a folder of facts says about the machines of a recording; the same shape as RecordingFacts of
 * `src/trace/recording.ts`. Every field is optional, and nothing here was checked against the trace.
 */
export interface Facts {
  /** QEMU's command line, one string. */
  readonly qemuCommandLine?: string | undefined;
  /** Command line of a storage daemon (qemu-storage-daemon, SPDK). */
  readonly daemonCommandLine?: string | undefined;
  readonly qemuThreads?: readonly ThreadFact[] | undefined;
  readonly daemonThreads?: readonly ThreadFact[] | undefined;
  readonly qemuEventfds?: readonly EventfdFact[] | undefined;
  readonly daemonEventfds?: readonly EventfdFact[] | undefined;
  readonly tscOffsets?: readonly TscOffsetFact[] | undefined;
  readonly hostClockPairs?: readonly ClockPairFact[] | undefined;
  readonly guestInterrupts?: readonly InterruptFact[] | undefined;
  readonly hostInterrupts?: readonly InterruptFact[] | undefined;
  /** KVM statistics of the virtual machine, after less before. */
  readonly kvmStats?: Readonly<Record<string, number>> | undefined;
  /** Memory of QEMU per NUMA node in pages of 4 KiB. */
  readonly memoryPagesByNode?: readonly NodePagesFact[] | undefined;
  readonly hostNodes?: readonly NodeCpusFact[] | undefined;
  /** The same of the nodes the guest itself has. */
  readonly guestNodes?: readonly NodeCpusFact[] | undefined;
  /** NUMA node of the drive, -1 = the firmware does not say. */
  readonly driveNode?: number | undefined;
  /** perf stat beside the recording. */
  readonly perfCounts?: readonly PerfCountFact[] | undefined;
  /** Loads that perf mem or perf c2c sampled. */
  readonly memorySamples?: MemorySamplesFact | undefined;
  readonly notes?: readonly string[] | undefined;
}

/** A thread and its name (the kernel's comm, or what QEMU calls it). */
export interface ThreadFact {
  readonly tid: number;
  readonly name: string;
}

/** A file descriptor and the `eventfd-id` behind it. */
export interface EventfdFact {
  readonly fd: number;
  readonly id: number;
}

/** KVM's offset of one vCPU: guest TSC = host TSC + offset. */
export interface TscOffsetFact {
  readonly vcpu: number;
  readonly offset: bigint;
}

/** One clock and the TSC of the same machine, read together; `widthTicks` = TSC after less TSC before the clock. */
export interface ClockPairFact {
  readonly clock: ClockId;
  readonly ns: bigint;
  readonly tsc: bigint;
  readonly widthTicks: number;
}

/** A row of /proc/interrupts whose count moved; counts are summed over CPUs. */
export interface InterruptFact {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

/** One count of perf stat: an event of one thread or node, whole as perf scaled it. */
export interface PerfCountFact {
  /** Thread (`IO io0-5299`) or node (`N0`) as perf names it; '' for all together. */
  readonly who: string;
  readonly event: string;
  /** Null: not counted; `state` says why. */
  readonly count: number | null;
  readonly state: 'counted' | 'not supported' | 'not counted';
  /** Share of the time in which a counter was there for it, 0–1. */
  readonly runningShare: number;
}

/** Sampled loads by what served them. Samples, not accesses: perf takes one of many, and often only slow ones. */
export interface MemorySamplesFact {
  readonly tool: 'perf mem' | 'perf c2c';
  readonly loads: number;
  readonly localMemory: number;
  readonly remoteMemory: number;
  /** A cache of another node. */
  readonly remoteCache: number;
  /** Of which the processor did not say. */
  readonly unknown: number;
}

/** Memory on one NUMA node, in pages of 4 KiB. */
export interface NodePagesFact {
  readonly node: number;
  readonly pages: number;
}

/** CPUs of one NUMA node, ascending. */
export interface NodeCpusFact {
  readonly node: number;
  readonly cpus: readonly number[];
}
