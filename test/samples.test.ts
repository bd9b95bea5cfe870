/** Walks samples/: every bundle is a real recording whose report has to add up, and stays as its golden summary says. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openBundle } from '../src/bundle/read-bundle.ts';
import { readSource } from '../src/commands/read-source.ts';
import { allBytes } from '../src/commands/read-truth.ts';
import { reportBundle } from '../src/commands/report.ts';
import { chooseFormat } from '../src/commands/stream-format.ts';
import type { ReportModel } from '../src/report/report-model.ts';
import type { Source } from '../src/trace/recording.ts';
import { summary } from './support/report-summary.ts';

const FOLDER = new URL('../samples/', import.meta.url);
const GOLDEN = new URL('golden/samples/', import.meta.url);
const SUFFIX = '.iotrace.zip';

const samples = readdirSync(FOLDER)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length));

/** The README's table: sample, path, grade, the application's requests. */
const rows = readFileSync(new URL('README.md', FOLDER), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, sample]) => sample !== 'sample' && !sample!.startsWith('--'))
  // '–' where nothing tells what the application measured.
  .map(([, sample, path, grade, requests]) => ({
    sample,
    path,
    grade,
    requests: requests === '–' ? undefined : Number(requests),
  }));

const published = z.fromJSONSchema(
  JSON.parse(readFileSync(new URL('../schema/report-1.schema.json', import.meta.url), 'utf8')),
);

const fileOf = (sample: string) => new URL(`${sample}${SUFFIX}`, FOLDER).pathname;

async function reportText(sample: string): Promise<string> {
  const said: string[] = [];
  const options = { format: 'json', minGrade: 'F', color: false, width: 79 } as const;
  const { text } = await reportBundle(fileOf(sample), options, (line) => said.push(line));
  // An unexpected warning fails.
  expect(said).toEqual([]);
  return text;
}

describe('samples', () => {
  it('are those of the table in their README', () => {
    expect(samples.toSorted()).toEqual(rows.map(({ sample }) => sample).toSorted());
  });

  it('take less than 10 MB together', () => {
    const bytes = samples.reduce((sum, sample) => sum + statSync(fileOf(sample)).size, 0);
    expect(bytes).toBeLessThan(10e6);
  });
});

describe.each(rows)('$sample', { timeout: 60_000 }, ({ sample, path, grade, requests }) => {
  it('reports what the README says, and adds up', async () => {
    const text = await reportText(sample!);
    const json = JSON.parse(text);
    expect(published.safeParse(json).error).toBeUndefined();
    const report = json as ReportModel;
    expect(report.path).toMatchObject({ name: path, chosen: 'detected' });
    expect(report.grade.letter).toBe(grade);
    expect(report.groundTruth?.requests).toBe(requests);
    expect(report.requests.matched).toBeGreaterThanOrEqual(0.99 * report.requests.seen);
    if (requests !== undefined) {
      expect(report.requests.matched).toBeGreaterThanOrEqual(0.99 * requests);
      expect(report.groundTruth?.closure).toBeGreaterThan(0.99);
      expect(report.groundTruth?.closure).toBeLessThanOrEqual(1.000001);
    }
    checkSums(report);
    expect(await reportText(sample!)).toBe(text);
  });

  it('is read the same in pieces of 100 bytes', async () => {
    const bundle = await openBundle(fileOf(sample!));
    for (const stream of bundle.manifest.streams) {
      const bytes = (await allBytes(bundle.member(stream.member), 1 << 30))!;
      const format = chooseFormat(stream.name, bytes.subarray(0, 65_536), stream.script);
      const read = (chunks: Iterable<Uint8Array>) =>
        readSource(stream.name, stream.machine, format, asyncOf(chunks));
      expectSame(await read(piecesOf(bytes, 100)), await read([bytes]));
    }
    await bundle.close();
  });

  it('matches its golden summary', async () => {
    const text = summary(JSON.parse(await reportText(sample!)));
    expect(text.length).toBeLessThan(40_000);
    await expect(text).toMatchFileSnapshot(new URL(`${sample}.txt`, GOLDEN).pathname);
  });
});

/** Σ stages = total, over all requests, in each band and in each variant; to 1 ns over the whole run. */
function checkSums({ stages, total, requests, bands, variants }: ReportModel): void {
  const whole = stages.filter(({ critical }) => critical).reduce((sum, { meanNs, n }) => sum + meanNs * n, 0);
  expect(Math.abs(whole - total.meanNs * requests.matched)).toBeLessThan(1);
  for (const part of [bands.typical, bands.slow, ...variants]) {
    const sum = part.stages.reduce((ns, { meanNs }) => ns + meanNs, 0);
    expect(Math.abs(sum - part.meanNs) * part.n).toBeLessThan(1);
  }
  expect(variants.reduce((n, variant) => n + variant.n, 0)).toBe(requests.matched);
  for (const { minNs, n } of stages) {
    expect(minNs).toBeGreaterThanOrEqual(0);
    expect(n).toBeGreaterThan(0);
  }
}

function* piecesOf(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function* asyncOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** Columns byte for byte (a NaN equals itself), the rest by value. */
function expectSame(a: Source, b: Source): void {
  const { events: left, ...leftRest } = a;
  const { events: right, ...rightRest } = b;
  expect(leftRest).toEqual(rightRest);
  expect(left.length).toBe(right.length);
  for (const column of ['ts', 'kind', 'cpu', 'tid', 'dev', 'tag', 'aux'] as const)
    expect([column, bytesOf(left[column]).equals(bytesOf(right[column]))]).toEqual([column, true]);
  expect([left.epoch, left.strings, left.tasks]).toEqual([right.epoch, right.strings, right.tasks]);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
