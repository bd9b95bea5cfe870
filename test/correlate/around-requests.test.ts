import { expect, it } from 'vitest';
import { aroundRequests } from '../../src/correlate/descriptors.ts';
import { judge, NOTHING, wholeOf } from '../faults/judge.ts';
import { realSubject } from '../faults/subjects.ts';
import { TWO_RECORDINGS } from '../faults/two-recordings.ts';

it('what is learned of descriptors is learned around the requests', () => {
  const ts = Float64Array.of(0, 10, 20, 30, 1000);
  const columns = (issue: number[], complete: number[]) => ({
    issue: Int32Array.from(issue),
    complete: Int32Array.from(complete),
  });
  expect(aroundRequests(ts, columns([-1, 2, 1], [-1, 3, -1]))).toEqual({ from: -10, to: 50 });
  expect(aroundRequests(ts, columns([-1], [-1])).to).toBe(Number.POSITIVE_INFINITY);
});

it('another run behind a recorded one, whose threads have the same ids, changes nothing of it', async () => {
  const whole = await wholeOf(await realSubject('virtio-blk-iothread', 0.2));
  const another = TWO_RECORDINGS.find(({ name }) => name === 'another recording behind it')!;
  // One of these read eventfds by descriptors that meant others in the recording before it.
  for (const seed of [36_000, 72_001]) expect(await judge(whole, another, seed)).toEqual(NOTHING);
});
