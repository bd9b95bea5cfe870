/**
 * Reports a recording that is larger than memory: followed in slices of time, which overlap so that every request is whole in
 * one of them. What a slice leaves is a digest without rows; those of all are laid together.
 */
import { setFlagsFromString } from 'node:v8';
import type { RequestTable } from '../correlate/request-table.ts';
import type { PlacedGap } from '../picture/gap-list.ts';
import type { ReportModel } from '../report/report-model.ts';
import { missingOf } from '../trace/integrity.ts';
import { type AnalyzeOptions, reportOfDigest } from './analyze.ts';
import { withSliced } from './begin-sliced.ts';
import { endBegun, MOST_BYTES_AT_ONCE } from './file-threads.ts';
import type { OpenBundle } from './open-recording.ts';
import type { Say } from './say.ts';
import { SlicePass } from './slice-pass.ts';
import type { StreamTotals } from './sliced-stream.ts';

/** A report, and what pictures of it are made of. */
export interface ReportedRequests {
  readonly model: ReportModel;
  readonly requests: RequestTable;
  readonly gaps: readonly PlacedGap[];
}

/** Rows of all machines in a slice. The requests of a hundred million rows take about as much memory as they do. */
const ROWS_PER_SLICE = 1_100_000;
/**
 * By how much the memory of a thread grows, percent, before V8 looks for garbage. By itself it does so three times a slice, for the columns
 * that are made and thrown away, and looks through all that is no garbage each time: an eighth of what slices take. V8 asks for it
 * whenever it is through with that (src/heap/heap-controller.cc `GrowingFactor`); one without it says so on stderr and goes on.
 */
const GROWTH_PERCENT = 400;

/**
 * The report of a large recording. Undefined where it is not large, or where it has to be followed at once; why is said. Rejects
 * when reading fails.
 */
export async function followInSlices(
  open: OpenBundle,
  how: AnalyzeOptions,
  say: Say,
  { leastBytes = MOST_BYTES_AT_ONCE, rowsPerSlice = ROWS_PER_SLICE } = {},
): Promise<ReportedRequests | undefined> {
  const { facts, streams } = open.bundle.manifest;
  const bytes = streams.reduce((sum, stream) => sum + stream.bytes, 0);
  if (bytes < leastBytes) return undefined;
  await endBegun();
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  const pass = (totals?: readonly StreamTotals[]) =>
    // Threads begin to read before the application's log is read: that takes as long as they take to warm up.
    withSliced(open, async (streams) =>
      new SlicePass(open, await open.groundTruth(), how, rowsPerSlice, totals).run(streams),
    );
  let result = await pass();
  // Where events are missing, that one is not there says less: every slice has to know of it.
  if (!('whyNot' in result) && result.streams.some(({ source }) => missingOf(source) > 0)) {
    say('events are missing: everything is looked at once more with that in mind');
    result = await pass(result.totals);
  }
  if ('whyNot' in result) {
    say(`followed at once, in memory, and not in slices of time: ${result.whyNot}`);
    return undefined;
  }
  const groundTruth = await open.groundTruth();
  const digest = result.digests.whole(result.streams, facts);
  return {
    model: reportOfDigest({ facts, groundTruth }, digest, how),
    requests: digest.requests,
    gaps: result.gaps,
  };
}
