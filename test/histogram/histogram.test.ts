import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHistogram } from '../../src/commands/read-histogram.ts';
import { coarser, lowerEdge, MOST_BUCKETS, quantile, upperEdge } from '../../src/histogram/buckets.ts';
import { HISTOGRAM_SCHEMA, type Histogram, UNPAIRED } from '../../src/histogram/histogram-model.ts';
import { readCounts } from '../../src/histogram/read-counts.ts';
import { renderHistogram } from '../../src/render/histogram.ts';

/** Printed by the script for 2,000 reads of fio on a machine's own disk, and what else went on there. */
const RECORDED = fileURLToPath(new URL('../fixtures/histogram/fio-2000.json', import.meta.url));

/** As the script numbers a duration: the highest bit, and the three below it. */
function bucketOf(ns: number): number {
  if (ns < 8) return ns;
  const highest = Math.floor(Math.log2(ns));
  return highest * 8 - 16 + (Math.floor(ns / 2 ** (highest - 3)) & 7);
}

const recorded = async (): Promise<Histogram> => ({
  iotrace: 'histogram',
  schema: HISTOGRAM_SCHEMA,
  tool: '0.1.0',
  title: 'calls of all processes',
  disk: 'vda (254:0)',
  seconds: 12,
  ...readCounts(await readFile(RECORDED, 'utf8'), { ofAll: true })!,
  missed: 3,
  notes: ['kernel 6.18.44'],
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('buckets', () => {
  it('are where the script puts a duration, side by side, at most an eighth wide', () => {
    for (const ns of [
      0,
      1,
      7,
      8,
      9,
      15,
      16,
      17,
      31,
      32,
      1000,
      82_432,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 46 + 12_345,
    ]) {
      const bucket = bucketOf(ns);
      expect(lowerEdge(bucket)).toBeLessThanOrEqual(ns);
      expect(upperEdge(bucket)).toBeGreaterThan(ns);
    }
    for (let bucket = 8; bucket < MOST_BUCKETS; bucket++)
      expect((upperEdge(bucket) - lowerEdge(bucket)) / lowerEdge(bucket)).toBeLessThanOrEqual(1 / 8);
  });

  it('hold the quantile that sorting the values gives', () => {
    const values = Array.from({ length: 999 }, (_, at) => Math.floor(1000 * 1.007 ** at)).sort(
      (a, b) => a - b,
    );
    const counts = new Map<number, number>();
    for (const ns of values) counts.set(bucketOf(ns), (counts.get(bucketOf(ns)) ?? 0) + 1);
    const buckets = [...counts].sort(([a], [b]) => a - b);
    for (const share of [0.001, 0.5, 0.9, 0.99, 1]) {
      const { from, to } = quantile(buckets, share)!;
      const exact = values[Math.ceil(share * values.length) - 1]!;
      expect(from).toBeLessThanOrEqual(exact);
      expect(to).toBeGreaterThan(exact);
    }
    expect(quantile([], 0.5)).toBeUndefined();
    // No value is lost or counted twice where they are drawn in wider steps.
    expect(coarser(buckets, 4).reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
  });
});

describe('readCounts', () => {
  it('finds as many values in the buckets of a stage as were counted beside them', async () => {
    const { stages, unpaired } = await recorded();
    expect(stages.map(({ id, n }) => [id, n])).toEqual([
      ['call-to-issue', 2168],
      ['device', 4068],
      ['complete-to-return', 2117],
      ['whole-call', 2117],
    ]);
    for (const { n, buckets } of stages) expect(buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(n);
    expect(unpaired.map(({ n }) => n)).toEqual([1919, 4, 0, 19]);
  });

  it('tells requests that were issued and not seen to complete, of all and of one process', () => {
    const maps = '{"type":"map","data":{"@n":{"1":501,"2":498},"@other":{"1":21,"2":24}}}';
    const unfinished = (text: string, ofAll: boolean) => readCounts(text, { ofAll })!.unpaired.at(-1);
    expect(unfinished(maps, false)).toMatchObject({ what: UNPAIRED.unfinished, n: 3 });
    expect(unfinished(maps, true)).toMatchObject({ n: 24 });
    // Completions that were counted twice, or of requests of which the issue was lost, leave no less than none.
    expect(unfinished('{"type":"map","data":{"@n":{"1":4,"2":5}}}', false)).toMatchObject({ n: 0 });
  });

  it('says that nothing was printed, and leaves out what has another form', () => {
    expect(readCounts('', { ofAll: true })).toBeUndefined();
    expect(
      readCounts('{"type": "attached_probes", "data": {"probes": 25}}\n{"type":', { ofAll: true }),
    ).toBeUndefined();
    const odd = '{"type":"map","data":{"@h":{"2,x":9,"2,100":1,"3":2,"2,101":"no"},"@n":7}}';
    expect(readCounts(odd, { ofAll: true })!.stages[1]).toMatchObject({
      id: 'device',
      n: 0,
      buckets: [[100, 1]],
    });
  });
});

describe('renderHistogram', () => {
  it('prints stages, what is not in them, and what an aggregate cannot tell', async () => {
    const text = renderHistogram(await recorded(), 79);
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(80);
    await expect(text).toMatchFileSnapshot('../golden/histogram/fio-2000.txt');
  });

  it('lets no foreign name reach the terminal raw', async () => {
    const evil = 'vm\u001b]0;x\u0007';
    const text = renderHistogram({ ...(await recorded()), title: evil, notes: [evil] }, 79);
    for (const raw of ['\u001b', '\u0007']) expect(text).not.toContain(raw);
  });
});

describe('readHistogram', () => {
  it('reads what was written, takes other files for something else, and names what is wrong', async () => {
    const file = join(folder, 'a.histogram.json');
    const histogram = await recorded();
    await writeFile(file, JSON.stringify(histogram, null, 1));
    expect(await readHistogram(file)).toEqual(histogram);
    await writeFile(file, '{"fio version": "fio-3.33"}');
    expect(await readHistogram(file)).toBeUndefined();
    await writeFile(file, JSON.stringify({ ...histogram, stages: [{ id: 'device', n: -1 }] }));
    await expect(readHistogram(file)).rejects.toMatchObject({ code: 'histogram-invalid' });
    await writeFile(file, JSON.stringify(histogram).slice(0, 900));
    await expect(readHistogram(file)).rejects.toMatchObject({ code: 'histogram-invalid' });
  });
});
