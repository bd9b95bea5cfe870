/** What a recording prints when it has ended. */
import { bpftraceJson } from '../../parsers/bpftrace-json.ts';
import { COUNTS_FORMAT } from '../capture/bpftrace/histogram-tracer.ts';
import type { SessionResult, StopReason } from '../capture/session.ts';
import { failureOf } from '../capture/workload.ts';
import { EXIT_CODES } from '../errors.ts';
import type { ReportOptions, ReportResult } from './report.ts';
import type { Say } from './say.ts';

/** What `record` prints, and what the process should end with. */
export type RecordResult = Pick<ReportResult, 'text' | 'exitCode'>;

/** What the recording that was written did not come to: its own end, or all of what was to be recorded. */
export interface Shortfall {
  readonly interrupted: boolean;
  readonly guestLost: boolean;
}

/** The report of what was recorded, unless nobody wants it here: a busy host has better to do than to read a trace. */
export async function resultOf(
  output: string,
  { interrupted, guestLost }: Shortfall,
  report: ReportOptions | undefined,
  say: Say,
): Promise<RecordResult> {
  // Loaded only when it is needed.
  const result =
    report === undefined
      ? { text: '', exitCode: EXIT_CODES.ok }
      : await import('./report.ts').then(({ reportBundle }) => reportBundle(output, report, say));
  if (guestLost && !interrupted) return { ...result, exitCode: EXIT_CODES.belowGrade };
  return interrupted ? { ...result, exitCode: EXIT_CODES.interrupted } : result;
}

const STOPPED: Record<StopReason, string> = {
  workload: 'the workload ended',
  duration: 'the time was up',
  requests: 'the requests were made',
  interrupt: 'interrupted',
  gone: 'the guest or the connection to it is gone; what the host recorded is kept',
  full: 'no more text may be kept; what was recorded until then is complete',
};

/** Why it ended, how the workload did, and what was lost. */
export function sayEnd(
  { stopped, elapsedMs, workload, workloadIsHeld, streams, lostElsewhere }: SessionResult,
  say: Say,
): void {
  say(`recorded ${(elapsedMs / 1000).toFixed(1)} s: ${STOPPED[stopped]}`);
  const failure = workload === undefined || stopped !== 'workload' ? undefined : failureOf(workload);
  if (failure !== undefined) say(`the workload ${failure}; the recording is kept`);
  if (workloadIsHeld)
    say('the workload was killed and has not ended: the kernel holds it, as for a disk that does not answer');
  const nested = lostIn(streams.filter(({ format }) => NESTED_LOSS.has(format)));
  const lost = lostElsewhere + lostIn(streams) - nested;
  if (lost > 0) say(`${lost} events were lost: the buffers were too small (--buffer KIB)`);
  if (nested > 0) say(`${nested} events were lost while another BPF program ran on their CPU`);
}

/** What bpftrace misses nested in another program; a buffer of its own it has not. */
const NESTED_LOSS: ReadonlySet<string> = new Set([bpftraceJson.name, COUNTS_FORMAT]);

function lostIn(streams: SessionResult['streams']): number {
  return streams.reduce((sum, { counts }) => sum + counts.lost, 0);
}
