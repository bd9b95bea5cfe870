import type { Correlated } from '../correlate/correlate.ts';
import type { NumaStats } from '../stats/numa.ts';
import type { Partition } from '../stats/partition.ts';
import type { FioFacts, RecordingFacts } from '../trace/recording.ts';

/** What a finding may look at: nothing but this recording. */
export interface FindingInput {
  readonly correlated: Correlated;
  readonly breakdown: Partition;
  readonly numa: NumaStats;
  readonly facts: RecordingFacts;
  /** What fio says of the load it made; undefined where something else made it. */
  readonly fio?: FioFacts | undefined;
  /** The recording says that its host was emulated: what happens is real, how long it takes is not. */
  readonly emulated: boolean;
}

/** What a change could save, from the stages of this recording. */
export interface Gain {
  /** Upper bound of the mean, ns a request over all matched requests. */
  readonly atMostNs: number;
  /** Of the mean total, 0–1. */
  readonly share: number;
  /** What the clocks leave open of it, ± ns; 0 on one clock, null when their bound is not known. */
  readonly uncertaintyNs: number | null;
  /** Of what: stages by name, or the populations that were compared. */
  readonly basis: string;
  /** Why the figure is not the one of a real machine; null where it is. */
  readonly caveat: string | null;
}

/** What was found, with figures of this trace. */
export interface Found {
  /** What was seen, with its count. */
  readonly evidence: string;
  /** Null: nothing in this recording measures what the change would save. */
  readonly gain: Gain | null;
  /**
   * That the cause is the one named. high: seen in the trace itself, request by request; medium: seen, but a setting or
   * another population could explain it too; low: a difference between few requests.
   */
  readonly confidence: 'high' | 'medium' | 'low';
  /** What to do, as a command or a setting. */
  readonly fix: string;
}

/** One thing a recording can show and a user can change. One file each; `index.ts` lists them. */
export interface Finding {
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'problem';
  readonly title: string;
  /** For `explain`: why it matters, when it does not. */
  readonly about: string;
  /** Undefined when the recording does not show it. */
  find(input: FindingInput): Found | undefined;
}

/** Identity function that checks a finding's shape where it is written. */
export function defineFinding(finding: Finding): Finding {
  return finding;
}
