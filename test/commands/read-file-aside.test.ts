/** A perf.data file is read where it lies as it is from a stream, in order of time, by another thread as by this one. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import { perfData } from '../../parsers/perf-data.ts';
import { readFileAside } from '../../src/commands/read-file-aside.ts';
import { EventTableBuilder } from '../../src/trace/event-table-builder.ts';
import { reportedGaps } from '../../src/trace/gaps.ts';
import { indexOccurrences, knownIndex } from '../../src/trace/occurrences.ts';
import { sortedByTime } from '../../src/trace/order.ts';

const FIXTURES = new URL('../fixtures/perf-data/', import.meta.url);
const RECORDINGS = readdirSync(FIXTURES).filter((name) => name.endsWith('.data.gz'));
const folder = mkdtempSync(join(tmpdir(), 'iotrace-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(RECORDINGS)('%s', (name) => {
  const bytes = gunzipSync(readFileSync(new URL(name, FIXTURES)));
  const file = join(folder, name);
  writeFileSync(file, bytes);

  it.each([
    ['by this thread', Number.POSITIVE_INFINITY],
    ['by another', 0],
  ])('%s', async (_, leastBytes) => {
    const builder = new EventTableBuilder();
    const report = await perfData.parse(
      (async function* () {
        yield bytes;
      })(),
      builder,
    );
    const { events, losses, rejects } = builder.build();
    let heard = 0;
    const onBytes = (more: number) => {
      heard += more;
    };
    const read = await readFileAside(file, perfData, bytes.length, onBytes, { leastBytes, cpus: 2 });
    // What stands behind the samples is not gone through.
    expect(heard).toBeGreaterThan(0);
    expect(heard).toBeLessThanOrEqual(bytes.length);
    expect(read.report).toEqual(report);
    expect(read.rejects).toEqual(rejects);
    expect(read.events.epoch).toBe(events.epoch);
    expect(read.events.tasks).toEqual(events.tasks);
    const sorted = sortedByTime(events);
    // Laid out by kind while the thread read, where no row is out of order.
    const isLaidOut =
      leastBytes === 0 && read.events.ts.every((ts, row) => row === 0 || ts >= read.events.ts[row - 1]!);
    expect(knownIndex(read.events) !== undefined).toBe(isLaidOut);
    const laidOut = indexOccurrences(read.events);
    for (const { name } of EVENT_KINDS)
      expect(Array.from(laidOut.of(name).ts), name).toEqual(Array.from(indexOccurrences(sorted).of(name).ts));
    for (const column of ['ts', 'kind', 'cpu', 'tid', 'tag', 'aux'] as const)
      expect(read.events[column]).toEqual(sorted[column].slice());
    const gaps = (table: typeof events, of: typeof losses) =>
      reportedGaps(table, of)
        .map(({ cpu, from, to }) => `${cpu} ${from} ${to}`)
        .sort();
    expect(gaps(read.events, read.losses)).toEqual(gaps(events, losses));
  });
});

it.each([0, Number.POSITIVE_INFINITY])('what cannot be read is an error (%s)', async (leastBytes) => {
  const missing = readFileAside(join(folder, 'none'), perfData, 1, () => undefined, { leastBytes, cpus: 2 });
  await expect(missing).rejects.toThrow(/ENOENT/);
});

it('a thread that is not waited for any more ends', async () => {
  const file = join(folder, RECORDINGS[0]!);
  const controller = new AbortController();
  const { signal } = controller;
  const read = readFileAside(file, perfData, 1, () => undefined, { leastBytes: 0, cpus: 2, signal });
  controller.abort('not wanted');
  await expect(read).rejects.toBe('not wanted');
});
