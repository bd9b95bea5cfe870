/** Completions without an issue: of requests that were in flight when the recording began, or of issues that were lost. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { blktrace } from '../../parsers/blktrace.ts';
import { followRecording, reportOf } from '../../src/commands/analyze.ts';
import { readSource } from '../../src/commands/read-source.ts';
import type { Correlated } from '../../src/correlate/correlate.ts';
import { countStrays } from '../../src/report/strays.ts';
import { NO_ROW } from '../../src/trace/units.ts';

/** A request of 10 and one of 25 µs, and completions of others at these times after the first row. */
function drawn(strays: readonly number[], whole = true): Correlated {
  const ts = [0, 10_000, 100_000, 125_000, ...strays];
  return {
    app: { table: { ts: Float64Array.from(ts) } },
    path: { anchors: { issue: 'host:issue', complete: 'host:complete' } },
    requests: {
      length: 2,
      rows: new Map([
        ['host:issue', Int32Array.of(0, 2)],
        ['host:complete', whole ? Int32Array.of(1, 3) : Int32Array.of(NO_ROW, NO_ROW)],
      ]),
    },
    strays: Int32Array.from(strays, (_, index) => 4 + index),
  } as unknown as Correlated;
}

describe('a completion without an issue', () => {
  it('is of before where its request need not have taken more than twice as long as any other', () => {
    expect(countStrays(drawn([20_000, 50_000, 50_001, 900_000]))).toEqual({ begunBefore: 2, issueLost: 2 });
  });

  it('is of before where no request was seen whole: nothing tells', () => {
    expect(countStrays(drawn([900_000], false))).toEqual({ begunBefore: 1, issueLost: 0 });
  });
});

it('shows what blktrace dropped, which its files do not say', async () => {
  const sources = await Promise.all(
    [0, 1].map((cpu) => {
      const name = `dropped.blktrace.${cpu}`;
      const bytes = gunzipSync(readFileSync(new URL(`../fixtures/blktrace/${name}.gz`, import.meta.url)));
      const chunks = async function* () {
        yield bytes;
      };
      return readSource(name, 'host', blktrace, chunks());
    }),
  );
  const recording = { sources, groundTruth: undefined, facts: {} };
  const followed = followRecording(recording, {});
  if ('failure' in followed) throw new Error(followed.failure);
  const { requests, losses, grade } = reportOf(recording, followed, { version: '0', title: '' });
  expect(requests.seen).toBe(320);
  expect(requests.matched).toBe(279);
  expect(requests.rejected).toEqual({ 'completed, and its issue is not in the recording': 40 });
  expect(requests.quarantineReasons).toEqual({
    'host:queue not observed, though nearly all requests have it': 1,
  });
  expect(losses.map(({ text }) => text)).toContain(
    '40 requests completed of which the issue is missing: nothing else says that events were lost',
  );
  expect(grade.letter).toBe('D');
});
