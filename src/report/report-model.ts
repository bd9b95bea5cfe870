import type { LatencySpread, MemorySamplesFact } from '../trace/recording.ts';
import type { ApplicationCycle } from './application-cycle.ts';
import type { CpuClocks } from './cpu-clocks.ts';

/**
 * The one JSON-serialisable value all renderers and other programs read: report schema 1.
 * Times are nanoseconds; a value that was not observed is null, never 0.
 */
export interface ReportModel {
  readonly schema: 1;
  readonly tool: { readonly name: 'iotrace'; readonly version: string };
  /** What was recorded, as given by the user or the bundle. Hostile text: every renderer escapes it. */
  readonly recording: {
    readonly title: string;
    readonly sources: readonly {
      readonly name: string;
      readonly machine: 'host' | 'guest';
      readonly format: string;
      readonly clock: string;
      readonly events: number;
      readonly unused: number;
    }[];
  };
  readonly path: {
    readonly name: string;
    readonly title: string;
    /** Where the talk describes it. */
    readonly talk: string;
    readonly chosen: 'detected' | 'given';
    /** Why: one sentence with its count per piece of evidence. */
    readonly evidence: readonly string[];
    /** 'guest 254:0', 'nvme0n1' … the traced disk as the trace names it. */
    readonly device: string;
  };
  readonly workload: {
    /** Mean number of requests in flight while at least one was. */
    readonly queueDepth: number;
    readonly queueDepthMax: number;
    readonly direction: 'read' | 'write' | 'mixed';
    /** Bytes of a request, null when they differ. */
    readonly requestBytes: number | null;
    /** Followed requests of another size or direction, at most one in a hundred of each. */
    readonly others: number;
    readonly iops: number;
    readonly spanNs: number;
  };
  readonly requests: {
    /** Inside the recorded span of every machine that was recorded. */
    readonly seen: number;
    readonly outside: number;
    readonly matched: number;
    readonly quarantined: number;
    /** Reason → count, the quarantined and the rejected ones. */
    readonly quarantineReasons: Readonly<Record<string, number>>;
    readonly rejected: Readonly<Record<string, number>>;
    /** Named kinds of requests outside: warm-up before the host recording … */
    readonly outsideReasons: Readonly<Record<string, number>>;
  };
  readonly total: Dist;
  readonly software: {
    /** total − device stage(s), mean ns; null when no stage is the device alone. */
    readonly meanNs: number | null;
    readonly share: number | null;
    readonly submitNs: number;
    readonly completeNs: number;
    readonly deviceNs: number;
    /** True when the device stage holds software that could not be told apart. */
    readonly deviceIsMerged: boolean;
  };
  readonly stages: readonly Stage[];
  /** Points that are off the critical path: shown beside it, never summed. */
  readonly beside: readonly BesidePoint[];
  readonly bands: { readonly typical: Band; readonly slow: Band };
  readonly variants: readonly Variant[];
  /** Events per request of the traced span. */
  readonly counts: readonly { readonly id: string; readonly title: string; readonly perRequest: number }[];
  readonly clock: {
    readonly method: 'one-clock' | 'tsc' | 'tsc-pairs' | 'causal' | 'none';
    /** guest time − host time at the middle of the recording, ns as decimal text; null with one clock or none. */
    readonly offsetNs: string | null;
    readonly driftPpm: number | null;
    readonly uncertaintyNs: number | null;
    /** The causal interval of the offset at the middle, relative to offsetNs. */
    readonly intervalNs: readonly [number, number] | null;
    /** What the relation was checked with, and the outcome, as a sentence. */
    readonly checked: string;
    /** False: the check failed. */
    readonly ok: boolean;
    /** About the most by which a clock can have been set meanwhile, as far as messages tell; null: they do not. */
    readonly mostStepNs: number | null;
    readonly roundingNs: number;
    /** How far the clocks of single CPUs may be off unnoticed. */
    readonly cpus: readonly CpuClocks[];
  };
  readonly groundTruth: {
    readonly source: string;
    readonly kind: 'request-log' | 'latency-log' | 'fio';
    readonly requests: number;
    readonly meanNs: number;
    /** Percentiles of the application's own latencies, null where it did not say. */
    readonly spread: LatencySpread | null;
    /** Each request was held against the application's own time of it; else only the means were. */
    readonly perRequest: boolean;
    /** Σ stages / the application's own time, over the requests both know (mean over mean, unless perRequest). */
    readonly closure: number;
    /**
     * Of that own time, the share between the first and the last point the tracers stamped. The rest is user space and the
     * way to and from the system call; with a request log on the trace's clock it is a stage at each end, with a latency log one
     * for both.
     */
    readonly tracedShare: number;
    /** The rest, named: user space to system call and back. */
    readonly outsideNs: number;
    /**
     * Of that, the application's own code before the call, by its own stamps: fio's lat less its clat, where its engine makes
     * calls that wait. Null: not told apart.
     */
    readonly beforeCallNs: number | null;
    /** Why what the application measured cannot be held against the requests at all; null: it can, and `closure` says how well. */
    readonly otherRequests: string | null;
    /** What of that own time no tracer could see here, in words: why the stages may fall short of it. */
    readonly unseen: readonly string[];
    /** From request to request, where they are made one after the other: fio's rate against the trace. */
    readonly cycle: ApplicationCycle | null;
    readonly matched: number;
    readonly missing: Readonly<Record<string, number>>;
  } | null;
  /** IOPS × mean latency against the queue depth seen. */
  readonly littlesLaw: { readonly product: number; readonly queueDepth: number; readonly ok: boolean };
  readonly numa: {
    /** Host node of each actor, by name; null = not known. */
    readonly actors: readonly {
      readonly actor: string;
      readonly cpus: readonly number[];
      readonly node: number | null;
    }[];
    readonly hopsPerRequest: number | null;
    readonly crossings: readonly { readonly stage: string; readonly share: number }[];
    /** Requests by their changes of node: what local ones take against remote ones. Null: hops not known. */
    readonly byHops: readonly { readonly hops: number; readonly n: number; readonly meanNs: number }[] | null;
    readonly memoryPagesByNode: readonly { readonly node: number; readonly pages: number }[] | null;
    /** The guest's own nodes on the host's; empty where QEMU's command line was not recorded. Null: not known. */
    readonly virtualNodes: readonly {
      readonly node: number;
      readonly vcpus: readonly number[] | null;
      /** Host nodes its memory is bound to. */
      readonly hostNodes: readonly number[] | null;
      readonly policy: string | null;
      /** Host nodes its vCPUs ran on. */
      readonly ranOn: readonly number[] | null;
    }[];
    /** Hardware counts of memory accesses a request; null: perf stat did not run beside the recording. */
    readonly accesses: {
      readonly family: string | null;
      readonly localPerRequest: number | null;
      readonly remotePerRequest: number | null;
      readonly by: readonly {
        readonly who: string;
        readonly local: number | null;
        readonly remote: number | null;
      }[];
      readonly notes: readonly string[];
    } | null;
    /** Loads sampled by perf mem or perf c2c, by what served them; null where neither ran. */
    readonly samples: MemorySamplesFact | null;
    readonly note: string | null;
  };
  readonly overhead: {
    readonly kind: 'measured' | 'estimated' | 'not measured';
    readonly perRequestNs: number | null;
    /** How far that may be off, 95 %. */
    readonly openNs: number | null;
    readonly text: string;
  };
  readonly losses: readonly {
    readonly source: string;
    readonly kind: string;
    readonly count: number | null;
    readonly text: string;
  }[];
  readonly grade: {
    readonly letter: Grade;
    readonly reasons: readonly { readonly letter: Grade; readonly text: string }[];
  };
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly findings: readonly {
    readonly id: string;
    readonly severity: 'info' | 'warning' | 'problem';
    readonly title: string;
    readonly evidence: string;
    /** What a change could save, at most; null: nothing in this recording measures it. */
    readonly gain: {
      /** ns a request, over all matched requests. */
      readonly atMostNs: number;
      /** Of the mean total, 0–1. */
      readonly share: number;
      /** ± ns by the clocks; null: no bound known. */
      readonly uncertaintyNs: number | null;
      readonly basis: string;
      readonly caveat: string | null;
    } | null;
    /** That the cause is the one named. */
    readonly confidence: 'high' | 'medium' | 'low';
    readonly fix: string;
  }[];
  /** Points of the path that no tracer of this recording recorded. */
  readonly notRecorded: readonly { readonly point: string; readonly title: string; readonly lost: string }[];
  /** Points of the path that an event stamped which only stands for their own: another moment, close by. */
  readonly standIns: readonly {
    readonly point: string;
    readonly title: string;
    readonly event: string;
    readonly instead: string;
    readonly moment: string;
  }[];
}

export type Grade = 'A' | 'B' | 'C' | 'D' | 'E' | 'F';

/** A distribution in ns. `ci` is the 95 % confidence interval of the mean. */
export interface Dist {
  readonly meanNs: number;
  readonly minNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
  readonly ciLowNs: number;
  readonly ciHighNs: number;
}

/** The time between two neighbouring observed points. Σ meanNs·n over critical stages = total.meanNs·matched. */
export interface Stage extends Dist {
  /** 'guest-kick'; a merged stage joins the names: 'guest-kick+kick-exit'. */
  readonly id: string;
  readonly title: string;
  readonly from: string;
  readonly to: string;
  readonly clock: 'guest' | 'host' | 'cross';
  readonly side: 'submit' | 'device' | 'complete';
  readonly critical: boolean;
  /** Matched requests in which it occurs. */
  readonly n: number;
  /** Of the sum of all critical time, 0–1. */
  readonly share: number;
  /** Half-width of what the clocks leave open; 0 on one clock. */
  readonly uncertaintyNs: number;
  /**
   * Most by which it can be off if the clocks of the CPUs that stamped its ends are not one, as far as the recording's own
   * events tell; null where they do not tell.
   */
  readonly cpuClocksNs: number | null;
  /** The mean is smaller than its uncertainty: print '≤'. */
  readonly bounded: boolean;
}

/** A point that some requests passed while something else was on the critical path (a kick that trails the pick-up). */
export interface BesidePoint {
  readonly point: string;
  readonly title: string;
  readonly n: number;
  /** After the request's start. */
  readonly meanNs: number;
  readonly why: string;
}

/** Mean stack of the requests in a band of total latency; adds up. */
export interface Band {
  readonly n: number;
  readonly fromNs: number;
  readonly toNs: number;
  readonly meanNs: number;
  /** Same order and ids as `stages`; mean over the band's requests (absent = 0 time in the band). */
  readonly stages: readonly {
    readonly id: string;
    readonly from: string;
    readonly to: string;
    readonly meanNs: number;
    readonly n: number;
  }[];
}

/** Requests that took the same optional points. */
export interface Variant {
  readonly name: string;
  readonly n: number;
  readonly share: number;
  readonly meanNs: number;
  readonly stages: readonly {
    readonly id: string;
    readonly from: string;
    readonly to: string;
    readonly meanNs: number;
  }[];
}
