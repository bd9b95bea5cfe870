import type { PointId } from '../paths/points.ts';

/** Offset of a point that was not observed. */
export const NOT_OBSERVED = -(2 ** 31);

/** What became of a request of the traced disk. */
export const STATUS = { matched: 0, quarantined: 1, rejected: 2, outside: 3 } as const;

/** One combination of optional points: the critical sequence its requests share. */
export interface RequestVariant {
  /** Names of the ways taken, joined: 'kicked, woken by completion'. */
  readonly name: string;
  /** Borders on the critical path, in order. */
  readonly points: readonly PointId[];
  /** Name of the stage that ends at each border but the first; a merged stage joins names with '+'. */
  readonly stages: readonly string[];
}

/**
 * One row per request of the traced disk, column-major. Offsets are integer ns after the request's start, so stages are
 * differences of integers and sum to the total exactly.
 */
export interface RequestTable {
  readonly length: number;
  /** Application time of the first observed border, ns after the application table's epoch. */
  readonly start: Float64Array;
  /** Last border − first border of the critical path, ns. */
  readonly total: Int32Array;
  /** Per point, ns after start; NOT_OBSERVED where it was not. Points beside the critical path are here too. */
  readonly offsets: ReadonlyMap<PointId, Int32Array>;
  /** Per point, the row of its machine's table; NO_ROW where there is none. */
  readonly rows: ReadonlyMap<PointId, Int32Array>;
  readonly variant: Uint16Array;
  readonly variants: readonly RequestVariant[];
  readonly status: Uint8Array;
  /** Index into reasons for requests that are not matched. */
  readonly reason: Uint16Array;
  readonly reasons: readonly string[];
  readonly sector: Float64Array;
  readonly bytes: Float64Array;
  readonly direction: Uint8Array;
}

/** The same table, made here as all are that loops go through: they have one shape, see `eventTable`. */
export function requestTable(table: RequestTable): RequestTable {
  const { length, start, total, offsets, rows, variant, variants } = table;
  const { status, reason, reasons, sector, bytes, direction } = table;
  return {
    length,
    start,
    total,
    offsets,
    rows,
    variant,
    variants,
    status,
    reason,
    reasons,
    sector,
    bytes,
    direction,
  };
}

/** Of a request that lacks a point which is required of all. */
export function notObserved(point: PointId): string {
  return `${point} not observed, though nearly all requests have it`;
}
