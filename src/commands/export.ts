/** `iotrace export`: a bundle → its requests for other programs. */
import { createWriteStream } from 'node:fs';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import ndjson from 'ndjson';
import type { Correlated } from '../correlate/correlate.ts';
import { EXIT_CODES, IotraceError } from '../errors.ts';
import { csvLines } from '../export/csv.ts';
import { parquetFile } from '../export/parquet.ts';
import { perfettoTrace } from '../export/perfetto/perfetto-trace.ts';
import { requestColumns } from '../export/request-columns.ts';
import { requestRows } from '../export/request-rows.ts';
import { version } from '../version.ts';
import { followRecording } from './analyze.ts';
import { openRecording } from './open-recording.ts';
import type { ReportOptions } from './report.ts';
import { reportFailed } from './report-failed.ts';
import type { Say } from './say.ts';

interface Exporter {
  /** A terminal is no place for it. */
  readonly binary: boolean;
  /** Rows or bytes, and what turns rows into bytes. */
  make(
    correlated: Correlated,
    title: string,
  ): { readonly data: Iterable<unknown>; readonly through?: Transform };
}

/** Exporters by the name that --to takes; help and choices come from here. */
export const EXPORTERS = {
  ndjson: {
    binary: false,
    make: (correlated) => ({ data: requestRows(correlated), through: ndjson.stringify() }),
  },
  csv: {
    binary: false,
    make: (correlated, title) => ({ data: csvLines(requestColumns(correlated, title)) }),
  },
  parquet: {
    binary: true,
    make: (correlated, title) => ({
      data: [parquetFile(requestColumns(correlated, title), { version: version(), schema: 1 })],
    }),
  },
  perfetto: { binary: true, make: (correlated) => ({ data: perfettoTrace(correlated) }) },
} as const satisfies Record<string, Exporter>;

/** What --to takes. */
export type ExportForm = keyof typeof EXPORTERS;

/** Writes to `output`, or to stdout for '-'. Throws an IotraceError when nothing can be followed. */
export async function exportRequests(
  file: string,
  output: string,
  options: Pick<ReportOptions, 'path' | 'tscHz'> & { readonly to: ExportForm },
  say: Say,
): Promise<void> {
  const exporter: Exporter = EXPORTERS[options.to];
  if (exporter.binary && output === '-' && process.stdout.isTTY)
    throw new IotraceError('export-binary', `${options.to} is not text: it does not go to a terminal.`, {
      hint: 'Name a file with -o.',
      exitCode: EXIT_CODES.usage,
    });
  const { recording, path, title } = await openRecording(file, options.path, say);
  const followed = followRecording(recording, { path, tscHz: options.tscHz });
  if ('failure' in followed) throw reportFailed(file, followed, recording.sources);
  const { data, through } = exporter.make(followed.correlated, title);
  const steps = [Readable.from(data), ...(through === undefined ? [] : [through])];
  if (output === '-') await pipeline([...steps, process.stdout], { end: false });
  else await pipeline([...steps, createWriteStream(output)]);
}
