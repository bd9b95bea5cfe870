/**
 * What pictures and the page need beyond the report: latencies in bins, latency over time, places where events are missing, and a
 * sample of requests. Bounded whatever the recording holds: at most MOST_SAMPLED requests, MOST_TIME_BINS bins and MOST_GAPS gaps.
 * JSON-serialisable; times are integer ns. Time 0 is the start of the first request drawn.
 */
export interface PictureModel {
  /** From the first start to the last end, of requests inside the recorded span, ns. */
  readonly spanNs: number;
  readonly latency: LatencyBins;
  readonly overTime: { readonly binNs: number; readonly bins: readonly TimeBin[] };
  /** Where events are missing, in order of time; `from` and `to` are inside 0 … spanNs. */
  readonly gaps: readonly PictureGap[];
  /** Gaps beyond the first MOST_GAPS, not listed. */
  readonly gapsNotListed: number;
  readonly sample: RequestSample;
}

/** A histogram over a logarithmic axis: bin i holds the matched requests with edges[i] <= total < edges[i + 1], ns. */
export interface LatencyBins {
  readonly edgesNs: readonly number[];
  readonly counts: readonly number[];
}

/** A stretch of `binNs`. Requests belong to the bin they start in. Times are null where no request was followed. */
export interface TimeBin {
  readonly n: number;
  readonly p50Ns: number | null;
  /** Null as well with fewer than 100 requests: then it would be the maximum. */
  readonly p99Ns: number | null;
  readonly maxNs: number | null;
  /** Seen, but quarantined or rejected. */
  readonly leftOut: number;
}

export interface PictureGap {
  readonly machine: 'guest' | 'host';
  readonly fromNs: number;
  readonly toNs: number;
  /** True: a tracer said so. False: found, because rows are there that cannot be without another. */
  readonly reported: boolean;
  readonly cpu: number | null;
  readonly missing: string;
}

/** Matched requests with all their points; every one of them when there are no more than MOST_SAMPLED. */
export interface RequestSample {
  /** Matched requests it was taken of. */
  readonly of: number;
  /** How they were chosen, a sentence without its full stop. */
  readonly how: string;
  /** Numbers (RequestRow[0]) of the request nearest the median and of the slowest; null when there is none. */
  readonly typical: number | null;
  readonly slowest: number | null;
  readonly points: readonly {
    readonly id: string;
    readonly title: string;
    readonly side: 'app' | 'guest' | 'host';
  }[];
  /** The critical sequences requests take: points by index, and the stage that ends at each but the first. */
  readonly sequences: readonly {
    readonly variant: string;
    readonly points: readonly number[];
    readonly stages: readonly string[];
  }[];
  /** In the order of their start. */
  readonly rows: readonly SampledRequest[];
}

/**
 * number (as in `iotrace export`), index of the sequence, start, sector, bytes, direction, the offsets of the sequence's points but the
 * first (ns after start, ascending; the last is the total), and the points beside the critical path as pairs of point index and offset.
 */
export type SampledRequest = readonly [
  number: number,
  sequence: number,
  startNs: number,
  sector: number,
  bytes: number,
  direction: string,
  offsetsNs: readonly number[],
  besideNs: readonly number[],
];

export const MOST_SAMPLED = 2500;
export const MOST_TIME_BINS = 240;
export const MOST_GAPS = 400;
