/** `iotrace export`: a bundle → one row per request, for scripts. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import ndjson from 'ndjson';
import { IotraceError, quoted } from '../errors.ts';
import { requestRows } from '../export/request-rows.ts';
import { followRecording } from './analyze.ts';
import type { Say } from './import.ts';
import { openRecording } from './open-recording.ts';
import type { ReportOptions } from './report.ts';

/** Writes newline-delimited JSON to `output`, or to stdout for '-'. Throws an IotraceError when nothing can be followed. */
export async function exportRequests(
  file: string,
  output: string,
  options: Pick<ReportOptions, 'path' | 'tscHz'>,
  say: Say,
): Promise<void> {
  const { recording, path } = await openRecording(file, options.path, say);
  const followed = followRecording(recording, { path, tscHz: options.tscHz });
  if ('failure' in followed) throw new IotraceError('report-failed', `${quoted(file)}: ${followed.failure}.`);
  const rows = Readable.from(requestRows(followed.correlated));
  if (output === '-') await pipeline(rows, ndjson.stringify(), process.stdout, { end: false });
  else await pipeline(rows, ndjson.stringify(), createWriteStream(output));
}
