/** How the host's clock relates to the application's: what the rest of the program needs to know of it. */
export interface Relation {
  /**
   * one-clock: both are the same machine. tsc: exact, by KVM's tsc-offset. tsc-pairs: exact TSC relation, through
   * pairs of clock and TSC readings. causal: bounded by messages. none: no relation could be established.
   */
  readonly method: 'one-clock' | 'tsc' | 'tsc-pairs' | 'causal' | 'none';
  /** Application time − host time at a host time, both ns after their table's epoch. */
  offsetAt(hostNs: number): number;
  /** Most that offsetAt can be wrong by, ns, over the recording; 0 on one clock. */
  readonly uncertaintyNs: number;
  readonly driftPpm: number;
  /** Application time − host time at the middle of the recording, tables' epochs included. */
  readonly offsetNs: bigint;
  /** The causal interval of the offset at the middle, relative to offsetNs; undefined where there is none. */
  readonly interval: { readonly low: number; readonly high: number } | undefined;
  /** What the relation was held against, as a sentence. */
  readonly checked: string;
  readonly ok: boolean;
  /**
   * About the most by which a clock can have been set meanwhile without messages showing it, ns; infinite where none tell. As much
   * may be in a stage of the requests in flight then, whichever machine stamps it.
   */
  readonly mostStepNs: number;
  /** Requests whose messages contradict the relation. */
  readonly violators: readonly number[];
  /** A clock was set while it recorded, or that of a CPU is off: what was in flight then is right on no clock. */
  readonly isContradicted?: boolean;
}

/** A candidate for the exact relation, from the TSC: application time − host time as a line over host time. */
export interface ExactRelation {
  readonly method: 'tsc' | 'tsc-pairs';
  offsetAt(hostNs: number): number;
  readonly uncertaintyNs: number;
}

/** The relation of a machine with itself. */
export const ONE_CLOCK: Relation = {
  method: 'one-clock',
  offsetAt: () => 0,
  uncertaintyNs: 0,
  driftPpm: 0,
  offsetNs: 0n,
  interval: undefined,
  checked: 'all points are stamped by one clock',
  ok: true,
  mostStepNs: Number.POSITIVE_INFINITY,
  violators: [],
};
