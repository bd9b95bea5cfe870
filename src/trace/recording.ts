import type { ClockId } from '../../parsers/format.ts';
import type { EventTable } from './event-table.ts';

/** Which side of the virtual machine boundary a stream was recorded on. A bare-metal recording has a host only. */
export type MachineName = 'host' | 'guest';

/** One stream as it was read: its events and all that is known about how far they can be trusted. */
export interface Source {
  /** Name shown to users: the file as given, or the bundle member. Hostile text; escape on output. */
  readonly name: string;
  readonly machine: MachineName;
  /** Name of the format that read it. */
  readonly format: string;
  readonly clock: ClockId;
  readonly unit: 'ns' | 'ticks';
  readonly roundingNs: number;
  readonly events: EventTable;
  readonly records: number;
  readonly unused: number;
  readonly claimed: number | undefined;
  readonly overwritten: number | undefined;
  readonly rejects: readonly SourceReject[];
  readonly losses: readonly SourceLoss[];
}

/** Lines or records of one source that could not be used, by reason, with the first place. */
export interface SourceReject {
  readonly reason: string;
  readonly count: number;
  readonly firstOffset: number;
  readonly firstLine: number;
}

/** A gap a tracer reported: between two neighbouring events of the file, on one CPU (-1 = not said). */
export interface SourceLoss {
  readonly cpu: number;
  /** Events lost, undefined where the tracer does not say how many. */
  readonly count: number | undefined;
  /** Row of the event after the gap (= number of rows before it). */
  readonly row: number;
}

/**
 * The application's own view, what every sum is held against: a log of single requests, their latencies alone (fio's latency
 * log), or only a mean and percentiles (fio JSON).
 * Times are nanoseconds after `epochNs` of the application's clock, TSC values ticks after `epochTsc`.
 */
export interface GroundTruth {
  readonly source: string;
  readonly kind: 'request-log' | 'latency-log' | 'fio';
  readonly requests: number;
  readonly meanNs: number;
  /** How the latencies are spread, where the application said so. */
  readonly spread?: LatencySpread | undefined;
  /** Present with a latency log, alone or beside fio's JSON: of each request, in the order in which fio learned of them. */
  readonly latenciesNs?: Float64Array | undefined;
  /** Present for a request log. */
  readonly log?:
    | {
        readonly epochNs: bigint;
        readonly epochTsc: bigint;
        readonly sector: Float64Array;
        readonly startNs: Float64Array;
        readonly endNs: Float64Array;
        readonly startTsc: Float64Array;
        readonly endTsc: Float64Array;
      }
    | undefined;
  /** fio only: queue depth, block size, operations per second, job names, fio version. */
  readonly fio?: FioFacts | undefined;
}

/** Percentiles of the application's own latencies, ns; of the whole call, or of its completion alone. */
export interface LatencySpread {
  readonly of: 'total' | 'completion';
  readonly minNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
}

export interface FioFacts {
  readonly version: string;
  readonly jobs: readonly string[];
  readonly direction: 'read' | 'write' | 'mixed';
  readonly iodepth: number | undefined;
  readonly blockSize: string | undefined;
  readonly ioengine: string | undefined;
  /** The job asked for polled completions; undefined when jobs differ. */
  readonly hipri?: boolean | undefined;
  /** Past the page cache; undefined when jobs differ, or fio does not say what it was asked for. */
  readonly direct?: boolean | undefined;
  /** How many I/Os fio hands over at a time; left out where that is one. */
  readonly batch?: number | undefined;
  readonly iops: number;
  /** Mean completion latency as fio measured it, ns. */
  readonly clatMeanNs: number;
  /** Mean total latency, ns. */
  readonly latMeanNs: number;
}

/** A thread of the virtual machine or its storage daemon. */
export interface ThreadFact {
  readonly tid: number;
  readonly name: string;
}

/** Readings of two clocks at (nearly) one instant: the named clock, and the same machine's TSC. */
export interface ClockPair {
  readonly clock: ClockId;
  readonly ns: bigint;
  readonly tsc: bigint;
  /** Ticks between the two TSC readings around the clock reading. */
  readonly widthTicks: number;
}

/** What was read off the machines around the recording. Everything is optional; nothing is trusted without a check. */
export interface RecordingFacts {
  /** QEMU's command line, one string, as found. */
  readonly qemuCommandLine?: string | undefined;
  /** Command line of a storage daemon (qemu-storage-daemon, SPDK). */
  readonly daemonCommandLine?: string | undefined;
  readonly qemuThreads?: readonly ThreadFact[] | undefined;
  readonly daemonThreads?: readonly ThreadFact[] | undefined;
  /** File descriptor of QEMU → eventfd id. */
  readonly qemuEventfds?: readonly { readonly fd: number; readonly id: number }[] | undefined;
  readonly daemonEventfds?: readonly { readonly fd: number; readonly id: number }[] | undefined;
  /** KVM's tsc-offset per vCPU (guest TSC = host TSC + offset), as decimal. */
  readonly tscOffsets?: readonly { readonly vcpu: number; readonly offset: bigint }[] | undefined;
  readonly hostClockPairs?: readonly ClockPair[] | undefined;
  /** /proc/interrupts before and after: rows whose count moved. */
  readonly guestInterrupts?: readonly InterruptFact[] | undefined;
  readonly hostInterrupts?: readonly InterruptFact[] | undefined;
  /** KVM statistics before and after, where both exist. */
  readonly kvmStats?: Readonly<Record<string, number>> | undefined;
  /** Pages of QEMU's memory per NUMA node, from numa_maps. */
  readonly memoryPagesByNode?: readonly { readonly node: number; readonly pages: number }[] | undefined;
  /** CPUs of each host NUMA node. */
  readonly hostNodes?: readonly { readonly node: number; readonly cpus: readonly number[] }[] | undefined;
  /** CPUs of each node the guest itself has. */
  readonly guestNodes?: readonly { readonly node: number; readonly cpus: readonly number[] }[] | undefined;
  /** NUMA node of the drive, -1 = the firmware does not say. */
  readonly driveNode?: number | undefined;
  /** perf stat beside the recording. */
  readonly perfCounts?: readonly PerfCountFact[] | undefined;
  /** Loads that perf mem or perf c2c sampled. */
  readonly memorySamples?: MemorySamplesFact | undefined;
  /** What the tracer itself counted for a stream, to be held against what was read of it. */
  readonly tracerCounts?: readonly TracerCount[] | undefined;
  /** What tracing costs, where that was measured. */
  readonly tracingCost?: TracingCostFact | undefined;
  /** Lines of the guest's console that describe its settings, and other free text worth keeping. */
  readonly notes?: readonly string[] | undefined;
}

/** Events of one stream by the tracer's own count: given to the reader, and fired but gone before they were read. */
export interface TracerCount {
  /** Name of the stream. */
  readonly stream: string;
  /** Absent where the tracer counts only what it lost. */
  readonly delivered?: number | undefined;
  readonly lost: number;
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

/** The same load in windows without tracers and with them, in turn: mean ns a request in each. */
export interface TracingCostFact {
  /** Whose count it is: the application's own mean latency, or the disk's requests in a given time. */
  readonly by: 'application' | 'disk';
  readonly untracedNs: readonly number[];
  readonly tracedNs: readonly number[];
}

export interface InterruptFact {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

/** Everything `report` works on. */
export interface Recording {
  readonly sources: readonly Source[];
  readonly groundTruth: GroundTruth | undefined;
  readonly facts: RecordingFacts;
}
