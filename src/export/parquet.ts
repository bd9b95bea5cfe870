import { parquetWriteBuffer } from 'hyparquet-writer';
import type { RequestColumn } from './request-columns.ts';

/** What the file says wrote it, and in which form. */
export interface ParquetNote {
  readonly version: string;
  readonly schema: number;
}

/**
 * Columns as a Parquet file: INT64 and UTF-8 text, all optional, Snappy: what Spark, Trino, ClickHouse and DuckDB read without
 * options. The whole file is in memory.
 */
export function parquetFile(columns: readonly RequestColumn[], { version, schema }: ParquetNote): Uint8Array {
  const columnData = columns.map(({ name, type, values }) => ({
    name,
    data: [...values],
    type: type === 'int64' ? ('INT64' as const) : ('STRING' as const),
    nullable: true,
  }));
  const kvMetadata = [{ key: 'iotrace.requests.schema', value: String(schema) }];
  return new Uint8Array(
    parquetWriteBuffer({ columnData, kvMetadata, createdBy: `iotrace version ${version}` }),
  );
}
