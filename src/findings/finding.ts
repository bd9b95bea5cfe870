import type { Correlated } from '../correlate/correlate.ts';
import type { Breakdown } from '../stats/breakdown.ts';
import type { NumaStats } from '../stats/numa.ts';
import type { RecordingFacts } from '../trace/recording.ts';

/** What a finding may look at: nothing but this recording. */
export interface FindingInput {
  readonly correlated: Correlated;
  readonly breakdown: Breakdown;
  readonly numa: NumaStats;
  readonly facts: RecordingFacts;
}

/** What was found, with figures of this trace. */
export interface Found {
  /** What was seen, with its count, and what it costs as far as the stages tell. */
  readonly evidence: string;
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

/** Mean ns of a stage over all matched requests, 0 when no request has it. */
export function meanPerRequest({ breakdown }: FindingInput, stageId: string): number {
  const stage = breakdown.stages.find(({ id }) => id === stageId);
  return stage === undefined ? 0 : stage.sumNs / breakdown.matched.length;
}

/** "12.3 µs" for the sentences of findings. */
export function microseconds(ns: number): string {
  return `${(ns / 1000).toFixed(1)} µs`;
}
