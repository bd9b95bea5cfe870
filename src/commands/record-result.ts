/** What a recording prints when it has ended. */
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
