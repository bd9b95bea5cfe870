/**
 * What perf did not sample. On some kernels (a cloud machine's 6.18) its events are counted in the idle task and not delivered from
 * there, without a word: completions of an idle machine's disk, which interrupt it, are missing.
 */
import { NEVER_COMPLETED } from '../correlate/build-request-table.ts';
import { type RequestTable, STATUS } from '../correlate/request-table.ts';
import type { ReportModel } from './report-model.ts';
import type { StreamTrust } from './stream-trust.ts';

/** Share of the requests without a completion from which on they are missed, and not the last ones of a recording. */
const MOST_UNFINISHED = 0.1;

/** The streams of perf that hold nothing of the idle task, where requests lack their completions; none otherwise. */
export function idleLosses(
  streams: readonly StreamTrust[],
  { status, reason, reasons }: Pick<RequestTable, 'status' | 'reason' | 'reasons'>,
): ReportModel['losses'] {
  const without = streams.filter(
    ({ source, holds }) => source.format === 'perf.data' && holds.completions && !holds.idleTask,
  );
  if (without.length === 0) return [];
  let seen = 0;
  let unfinished = 0;
  for (let request = 0; request < status.length; request++) {
    if (status[request] !== STATUS.outside) seen++;
    if (status[request] === STATUS.rejected && reasons[reason[request]!] === NEVER_COMPLETED) unfinished++;
  }
  if (unfinished === 0 || unfinished < seen * MOST_UNFINISHED) return [];
  return without.map(({ source: { name } }) => ({
    source: name,
    kind: 'missing',
    count: null,
    text: sentence(unfinished, seen),
  }));
}

function sentence(unfinished: number, seen: number): string {
  const [few, all] = [unfinished, seen].map((count) => count.toLocaleString('en-US'));
  return `no event of the idle task is in it, and ${few} of ${all} requests have no completion: this kernel’s perf delivers nothing from there; --tracer tracefs does`;
}
