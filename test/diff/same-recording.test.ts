/**
 * A recording against itself: every sample is split in two in many ways, and what is then "shown" is a false alarm. Contiguous splits are
 * two windows one after the other, as two recordings would be; interleaved and random ones deal the requests out.
 */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { followRecording } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import { differences, type Question, unitsOf } from '../../src/diff/differences.ts';
import { randomOf } from '../../src/diff/random.ts';
import { type RequestTimes, requestTimes } from '../../src/diff/request-times.ts';

const FOLDER = new URL('../../samples/', import.meta.url);
const SAMPLES = readdirSync(FOLDER).filter((file) => file.endsWith('.iotrace.zip'));

async function timesOf(sample: string): Promise<RequestTimes> {
  const { recording, path } = await openRecording(new URL(sample, FOLDER).pathname, undefined, () => {});
  const followed = followRecording(recording, { path });
  if ('failure' in followed) throw new Error(followed.failure);
  return requestTimes(followed.correlated);
}

/** Total first, then the stages. */
function columnsOf({ total, stages }: RequestTimes): { id: string; ns: Int32Array }[] {
  return [{ id: 'total', ns: total }, ...[...stages].map(([id, ns]) => ({ id, ns }))];
}

/** What is shown between two sets of requests, given by their positions; `added` ns to one stage (and the total) of the second. */
function shown(
  times: RequestTimes,
  [a, b]: readonly [number[], number[]],
  added?: { readonly stage: string; readonly ns: number },
): string[] {
  const columns = columnsOf(times);
  const questions = columns.map(({ id, ns }): Question => {
    const more = id === 'total' || id === added?.stage ? (added?.ns ?? 0) : 0;
    return {
      a: [Int32Array.from(a, (at) => ns[at]!)],
      b: [Int32Array.from(b, (at) => ns[at]! + more)],
      clockNs: 0,
    };
  });
  const results = differences(questions, unitsOf([a.length], [b.length]));
  return columns.flatMap(({ id }, at) => (results[at]!.shown === 'no' ? [] : [id]));
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

/** Two windows of a quarter to a half of the recording, one after the other, anywhere in it. */
function contiguous(n: number, random: () => number): [number[], number[]] {
  const length = Math.floor(n * (0.25 + 0.25 * random()));
  const from = Math.floor(random() * (n - 2 * length + 1));
  return [range(from, from + length), range(from + length, from + 2 * length)];
}

function dealt(n: number, toFirst: (at: number) => boolean): [number[], number[]] {
  return [range(0, n).filter(toFirst), range(0, n).filter((at) => !toFirst(at))];
}

/** 20 contiguous, 10 random, 6 interleaved by 1 to 50 requests. */
function splits(n: number): { kind: string; split: [number[], number[]] }[] {
  const random = randomOf(42);
  return [
    ...range(0, 20).map(() => ({ kind: 'contiguous', split: contiguous(n, random) })),
    ...range(0, 10).map(() => ({ kind: 'random', split: dealt(n, () => random() < 0.5) })),
    ...[1, 2, 5, 10, 25, 50].map((run) => ({
      kind: 'interleaved',
      split: dealt(n, (at) => Math.floor(at / run) % 2 === 0),
    })),
  ];
}

describe.each(SAMPLES)('%s against itself', { timeout: 240_000 }, (sample) => {
  it('raises a false alarm in 5 % of the splits at most', async () => {
    const times = await timesOf(sample);
    const all = splits(times.total.length);
    const alarms = all.flatMap(({ kind, split }) => {
      const ids = shown(times, split);
      return ids.length === 0 ? [] : [`${kind}: ${ids.join(', ')}`];
    });
    expect(alarms.length, alarms.join('\n')).toBeLessThanOrEqual(0.05 * all.length);
  });
});

describe('half a microsecond added to one stage of every other request', { timeout: 120_000 }, () => {
  it.each([
    ['bare-metal-nvme-iopoll', ['user-to-syscall', 'syscall-to-user']],
    ['local-block-device', ['user-to-syscall', 'host-irq']],
  ] as const)('is found there and nowhere else: %s', async (sample, stages) => {
    const times = await timesOf(`${sample}.iotrace.zip`);
    const split = dealt(times.total.length, (at) => at % 2 === 0);
    expect(shown(times, split)).toEqual([]);
    for (const stage of stages) expect(shown(times, split, { stage, ns: 500 })).toEqual([stage]);
  });
});
