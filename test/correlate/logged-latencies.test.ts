/** A log of latencies alone, held against the requests of a trace: which is whose, and what a request then consists of. */
import { describe, expect, it } from 'vitest';
import { matchLatencies, placesInLog } from '../../src/correlate/logged-latencies.ts';
import { followDiagram } from '../support/follow-diagram.ts';

/** Times that look like those of a disk, the same for the same seed; drawn. */
function drawnTimes(count: number, seed: number): Float64Array {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Float64Array.from({ length: count }, () => Math.round(40_000 - 8_000 * Math.log(1 - random())));
}

/** What the application logs of them: about a microsecond more. */
const logOf = (times: Float64Array) => times.map((ns, at) => ns + 800 + ((at * 37) % 400));

describe('places in the log', () => {
  const times = drawnTimes(400, 5);
  const log = logOf(times);

  it('are those of the requests where none is missing', () => {
    expect(placesInLog(times, log, 0)).toEqual(Int32Array.from(times.keys()));
  });

  it('are found around requests that the trace has lost: at the beginning, the end, and some in a row', () => {
    const lost = new Set([0, 1, 90, 91, 92, 200, 333, 399]);
    const kept = [...times.keys()].filter((at) => !lost.has(at));
    expect([
      ...placesInLog(
        Float64Array.from(kept, (at) => times[at]!),
        log,
        0,
      )!,
    ]).toEqual(kept);
  });

  it('are none of a log that is another run’s, out of order, or shorter', () => {
    expect(placesInLog(times, logOf(drawnTimes(400, 6)), 0)).toBeUndefined();
    expect(placesInLog(times, log.toReversed(), 0)).toBeUndefined();
    expect(placesInLog(times, log.subarray(1), 0)).toBeUndefined();
  });

  it('allow for stamps that are rounded, not for more', () => {
    const short = times.map((ns) => ns - 400);
    expect(placesInLog(times, short, 500)).toBeDefined();
    expect(placesInLog(times, short, 0)).toBeUndefined();
  });
});

describe('latencies of requests', () => {
  const lived = (...begin: number[]) => ({
    begin: Float64Array.from(begin),
    end: Float64Array.of(45_000, 116_000),
  });
  const log = Float64Array.of(45_900, 67_100);

  it('are theirs one after the other', () => {
    expect(matchLatencies(lived(0, 50_000), () => true, log, 0)).toEqual({
      entry: Int32Array.of(0, 1),
      request: Int32Array.of(0, 1),
      offsetNs: 0,
    });
  });

  it('are not told where two were in flight at once', () => {
    expect(matchLatencies(lived(0, 44_999), () => true, log, 30_000)).toBeUndefined();
  });
});

/** Two reads, one after the other. */
const DRAWN = `
disk host 254:0
lane app  host cpu0 fio-142
lane irq  host cpu1 <idle>-0
request A read 800+8
request B read 1600+8
 µs | app                  | irq
  0 | sys_enter_pread64    |
  2 | block_rq_issue A     |
 40 |                      | block_rq_complete A
 45 | sys_exit_pread64     |
 50 | sys_enter_pread64    |
 52 | block_rq_issue B     |
110 |                      | block_rq_complete B
116 | sys_exit_pread64     |
`;

describe('a request whose latency is known', () => {
  it('has what lies around its call as a stage, and sums to it', () => {
    const { outcome, stages, totalNs, breakdown } = followDiagram(DRAWN, {
      path: 'local-block-device',
      latencies: [45_900, 67_100],
    });
    expect([outcome('A'), outcome('B')]).toEqual(['matched', 'matched']);
    expect(stages('A').at(-1)).toBe('around-call 900');
    expect(stages('B').at(-1)).toBe('around-call 1100');
    expect([totalNs('A'), totalNs('B')]).toEqual([45_900, 67_100]);
    expect(breakdown.total!.meanNs).toBe((45_900 + 67_100) / 2);
  });

  it('stays as it was traced where the log does not fit', () => {
    const { stages, totalNs, correlated } = followDiagram(DRAWN, {
      path: 'local-block-device',
      latencies: [67_100, 45_900],
    });
    expect(correlated.application).toBeUndefined();
    expect(stages('A').at(-1)).toBe('app-wakeup 5000');
    expect(totalNs('A')).toBe(45_000);
  });
});
