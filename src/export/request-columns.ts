/** Requests as columns, for programs that read tables: CSV, Parquet. One row per request, also those not followed. */
import type { Correlated } from '../correlate/correlate.ts';
import { type HeaderRow, type RequestRow, requestRows } from './request-rows.ts';

/** A column: whole numbers or text; null where there is no value. */
export type RequestColumn =
  | { readonly name: string; readonly type: 'int64'; readonly values: readonly (bigint | null)[] }
  | { readonly name: string; readonly type: 'text'; readonly values: readonly (string | null)[] };

/**
 * The columns, in the order of src/export/README.md. Stages of the path are always there, so that files of one path have one
 * shape; merged stages only where a request has them. `title`: what the recording is called, foreign text.
 */
export function requestColumns(correlated: Correlated, title: string): readonly RequestColumn[] {
  const [header, ...rows] = [...requestRows(correlated)] as [HeaderRow, ...RequestRow[]];
  const text = (name: string, of: (row: RequestRow) => string | undefined): RequestColumn => ({
    name,
    type: 'text',
    // CSV cannot tell an empty text from none: here there is no empty one.
    values: rows.map((row) => of(row) || null),
  });
  const int64 = (name: string, of: (row: RequestRow) => bigint | number | undefined): RequestColumn => ({
    name,
    type: 'int64',
    values: rows.map((row) => wholeOf(of(row))),
  });
  const epoch = BigInt(header.epochNs);
  return [
    text('recording', () => title),
    text('path', () => header.path),
    int64('request', ({ request }) => request),
    text('status', ({ status }) => status),
    text('reason', ({ reason }) => reason),
    int64('start_ns', ({ startNs }) =>
      Number.isFinite(startNs) ? epoch + BigInt(Math.round(startNs)) : undefined,
    ),
    int64('sector', ({ sector }) => sector),
    int64('bytes', ({ bytes }) => bytes),
    text('direction', ({ direction }) => direction),
    text('variant', ({ variant }) => variant),
    int64('uncertainty_ns', () =>
      header.uncertaintyNs === null ? undefined : Math.ceil(header.uncertaintyNs),
    ),
    int64('total_ns', ({ totalNs }) => totalNs),
    ...stageIds(correlated).map((stage) => int64(columnOf(stage), ({ stages }) => stages?.[stage])),
  ];
}

/** `guest-kick` → `guest_kick_ns`, `guest-kick+kick-exit` → `guest_kick__kick_exit_ns`: no name needs quoting in SQL. */
export function columnOf(stage: string): string {
  return `${stage.replaceAll('+', '__').replaceAll('-', '_')}_ns`;
}

/** Stages of the path in its order, then those that variants merge. */
function stageIds({ path, requests }: Correlated): readonly string[] {
  const single = path.points.flatMap(({ stage }) => (stage === undefined ? [] : [stage as string]));
  return [...new Set([...single, ...requests.variants.flatMap(({ stages }) => stages)])];
}

function wholeOf(value: bigint | number | undefined): bigint | null {
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.round(value)) : null;
  return value ?? null;
}
