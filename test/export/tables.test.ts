/** CSV and Parquet, read back by DuckDB, and by hyparquet for what the file says of itself. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { parquetMetadata } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { csvLines } from '../../src/export/csv.ts';
import { parquetFile } from '../../src/export/parquet.ts';
import { columnOf, type RequestColumn, requestColumns } from '../../src/export/request-columns.ts';
import { requestRows } from '../../src/export/request-rows.ts';
import { inFolder } from '../bundle/in-folder.ts';
import { followSample } from './follow-sample.ts';

type Row = Record<string, DuckDBValue>;

async function query(sql: string): Promise<Row[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowObjects();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

const note = { version: '0.0.0', schema: 1 };

describe.each(['virtio-blk-iothread', 'virtio-blk-iothread-polling', 'bare-metal-nvme'])('%s', (name) => {
  it('gives DuckDB the same rows as NDJSON, from Parquet and from CSV', { timeout: 60_000 }, async () => {
    await inFolder(async (folder) => {
      const correlated = await followSample(name);
      const columns = requestColumns(correlated, 'a "title", with =marks');
      const [parquet, csv] = [join(folder, 'requests.parquet'), join(folder, 'requests.csv')];
      writeFileSync(parquet, parquetFile(columns, note));
      writeFileSync(csv, [...csvLines(columns)].join(''));
      const expected = [...requestRows(correlated)].slice(1) as Extract<
        ReturnType<typeof requestRows> extends Generator<infer R> ? R : never,
        { status: string }
      >[];
      const fromParquet = await query(`select * from '${parquet}' order by request`);
      expect(fromParquet.length).toBe(expected.length);
      fromParquet.forEach((row, index) => {
        const { stages = {}, ...request } = expected[index]!;
        expect(row).toMatchObject({
          recording: 'a "title", with =marks',
          path: correlated.path.name,
          request: BigInt(request.request),
          status: request.status,
          reason: request.reason ?? null,
          sector: BigInt(request.sector),
          total_ns: request.totalNs === undefined ? null : BigInt(request.totalNs),
          variant: request.variant || null,
        });
        const inRow = Object.entries(row).filter(([column, value]) => isStage(column) && value !== null);
        expect(Object.fromEntries(inRow)).toEqual(
          Object.fromEntries(Object.entries(stages).map(([stage, ns]) => [columnOf(stage), BigInt(ns)])),
        );
      });
      const fromCsv = await query(`select * from read_csv('${csv}', header = true) order by request`);
      // Columns without a value have no type in CSV; an absent text is an absent value there.
      const plain = (rows: readonly Row[]) =>
        JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value));
      expect(plain(fromCsv)).toBe(plain(fromParquet));
    });
  });

  it('adds up in SQL', { timeout: 60_000 }, async () => {
    await inFolder(async (folder) => {
      const correlated = await followSample(name);
      const file = join(folder, 'requests.parquet');
      const columns = requestColumns(correlated, name);
      writeFileSync(file, parquetFile(columns, note));
      const stages = columns.map((column) => column.name).filter(isStage);
      const sum = stages.map((stage) => `coalesce(${stage}, 0)`).join(' + ');
      const [row] = await query(
        `select count(*) as n, sum(total_ns - (${sum}))::bigint as left_over from '${file}' where status = 'matched'`,
      );
      expect(row!['n']).toBeGreaterThan(400n);
      expect(row!['left_over']).toBe(0n);
    });
  });
});

describe('columns', () => {
  it('are of the two types every engine reads, all optional', async () => {
    const columns = requestColumns(await followSample('bare-metal-nvme'), 'x');
    const metadata = parquetMetadata(new Uint8Array(parquetFile(columns, note)).buffer);
    const [, ...fields] = metadata.schema;
    expect(fields.map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
    for (const { type, converted_type, repetition_type } of fields)
      expect([type, converted_type, repetition_type]).toEqual(
        type === 'INT64' ? ['INT64', undefined, 'OPTIONAL'] : ['BYTE_ARRAY', 'UTF8', 'OPTIONAL'],
      );
    expect(metadata.created_by).toBe('iotrace version 0.0.0');
    expect(metadata.key_value_metadata).toContainEqual({ key: 'iotrace.requests.schema', value: '1' });
  });

  it('keep 64-bit times whole', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'one.parquet');
      const big: RequestColumn = {
        name: 'start_ns',
        type: 'int64',
        values: [2n ** 63n - 1n, null, 9_007_199_254_740_993n],
      };
      writeFileSync(file, parquetFile([big], note));
      const rows = await query(`select start_ns from '${file}'`);
      expect(rows.map((row) => row['start_ns'])).toEqual(big.values);
    });
  });

  it('hold no formula for a spreadsheet, and no field ends early', () => {
    const text: RequestColumn = {
      name: 'recording',
      type: 'text',
      values: ['=HYPERLINK("x")', 'a,b', 'c\r\nd', null],
    };
    const number: RequestColumn = { name: 'skew_ns', type: 'int64', values: [-5n, 1n, 2n, 3n] };
    expect([...csvLines([text, number])].join('')).toBe(
      'recording,skew_ns\r\n" =HYPERLINK(""x"")",-5\r\n"a,b",1\r\n"c\r\nd",2\r\n,3\r\n',
    );
  });
});

function isStage(column: string): boolean {
  return column.endsWith('_ns') && !['start_ns', 'total_ns', 'uncertainty_ns'].includes(column);
}
