/**
 * Record types that mean something here: PERF_RECORD_* of include/uapi/linux/perf_event.h, from 64 on those that perf
 * adds (tools/lib/perf/include/perf/event.h). All others are counted and passed over.
 */
export const RECORD = {
  lost: 2,
  comm: 3,
  throttle: 5,
  fork: 7,
  sample: 9,
  aux: 11,
  lostSamples: 13,
  headerAttr: 64,
  tracingData: 66,
  finishedRound: 68,
  idIndex: 69,
  auxtrace: 71,
  compressed: 81,
  compressed2: 83,
} as const;

/** Bytes before what a record holds: type, misc, size. */
export const HEADER_BYTES = 8;
