/**
 * The one JSON-serialisable value that renderers of a comparison and other programs read: diff schema 1. Times are ns; a difference is
 * B less A, so more than 0 is slower in B. Null: not known; -Infinity and Infinity (null in JSON): an end of an interval that few units leave open.
 */
import type { Grade } from '../report/report-model.ts';

export interface DiffModel {
  readonly diff: 1;
  readonly tool: { readonly name: 'iotrace'; readonly version: string };
  /** What was compared: recordings, stage by stage, or the means of fio's JSON. */
  readonly kind: 'recordings' | 'fio';
  readonly a: DiffSide;
  readonly b: DiffSide;
  readonly method: DiffMethod;
  readonly total: Difference;
  /** In the order of the request's way; their `ns` sum to that of the total. */
  readonly stages: readonly StageDifference[];
  /** Settings that decide whether the two can be compared at all, where they differ. */
  readonly matters: readonly SettingDifference[];
  /** Findings that only one side has, and hops between NUMA nodes where they differ. */
  readonly found: readonly SettingDifference[];
  /** All other settings that differ. */
  readonly settings: readonly SettingDifference[];
  /** Why a difference may not be the one looked for, or why one may have been missed: sentences. */
  readonly notes: readonly string[];
}

export interface DiffSide {
  readonly title: string;
  readonly runs: readonly {
    /** File name. */
    readonly name: string;
    readonly requests: number;
    readonly meanNs: number;
    readonly grade: Grade | null;
  }[];
  /** Matched requests of all runs. */
  readonly requests: number;
}

export interface DiffMethod {
  /** What is drawn again and again: blocks of consecutive requests, or whole runs; none: there are too few of either. */
  readonly unit: 'blocks' | 'runs' | 'none';
  readonly unitsA: number;
  readonly unitsB: number;
  /** One run seen twice: its requests are compared one by one. */
  readonly paired: boolean;
  readonly resamples: number;
  readonly seed: number;
  /** Questions asked at once, for which p is corrected. */
  readonly questions: number;
}

export interface Difference {
  /** Mean a request; requests without the stage count 0. */
  readonly aNs: number;
  readonly bNs: number;
  readonly ns: number;
  /** 95 % interval of the difference, of this one alone. */
  readonly lowNs: number;
  readonly highNs: number;
  /** The same with the slowest and fastest 5 % clipped; null for fio and where nothing can be drawn. */
  readonly bulk: { readonly ns: number; readonly lowNs: number; readonly highNs: number } | null;
  /** Effect size: chance that a request of B takes longer than one of A, ties half; null for fio. */
  readonly slowerChance: number | null;
  /** The smaller p of mean and bulk after Holm's correction. */
  readonly p: number;
  /** What the recordings stray by themselves, and what the clocks leave open, both sides together; a difference has to be larger. */
  readonly wanderNs: number;
  readonly clockNs: number;
  /** The smallest difference that this comparison could have shown here, about. */
  readonly smallestNs: number;
  readonly shown: 'slower' | 'faster' | 'no';
  /** Which of the two questions shows it; null when none does. */
  readonly by: 'mean' | 'bulk' | null;
  /**
   * What it did not hold against: chance; what the recordings stray by themselves; what the clocks leave open. Null: it is shown.
   */
  readonly heldBy: 'chance' | 'wander' | 'clocks' | null;
}

export interface StageDifference extends Difference {
  readonly id: string;
  readonly title: string;
  readonly side: 'submit' | 'device' | 'complete';
  /** The stages of each side it is the sum of; empty: that side does not have it. */
  readonly ofA: readonly string[];
  readonly ofB: readonly string[];
}

/** Null: not set, or not recorded. */
export interface SettingDifference {
  readonly name: string;
  readonly a: string | null;
  readonly b: string | null;
  /** True: the comparison is refused unless the user insists. */
  readonly refuses: boolean;
}
