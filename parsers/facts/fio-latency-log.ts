import { type LatencySpread, spreadOf } from './latencies.ts';
import { ProblemList, type Reading } from './reading.ts';

/**
 * A latency log of fio (`--write_lat_log`, the file that ends in `_lat.N.log`; HOWTO, "Log File Formats"), one request a line,
 *
 *   1, 1583846, 0, 4096, 1011712, 0x0000
 *   msec, latency in ns, direction (0 read, 1 write, 2 trim), block size, offset (with log_offset), priority
 *
 * fio 2 wrote microseconds and four columns; such a log is refused. With `log_avg_msec` a line is a mean of a window, told by its
 * block size 0: requests are not in it then.
 */
export interface FioLatencyLog {
  readonly kind: 'latency-log';
  readonly requests: number;
  readonly meanNs: number;
  /** In the order of the log. */
  readonly latenciesNs: Float64Array;
  readonly spread: LatencySpread | undefined;
}

const LINE =
  /^(\d{1,16}),\s*(\d{1,16}),\s*([0-2]),\s*(\d{1,16})(?:,\s*(\d{1,20}))?(?:,\s*(?:0x[0-9a-fA-F]{1,8}|\d{1,5}))?$/;

/** True when the first line is one of such a log. */
export function sniffFioLatencyLog(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 256)).toString('latin1');
  return LINE.test(text.split('\n', 1)[0]!.trimEnd());
}

/** Reads a whole log; `data` is undefined when it does not hold single requests. */
export function parseFioLatencyLog(bytes: Uint8Array): Reading<FioLatencyLog | undefined> {
  const problems = new ProblemList();
  const latencies: number[] = [];
  let averaged = false;
  let number = 0;
  for (const text of linesOf(bytes)) {
    number++;
    if (text === '') continue;
    const fields = LINE.exec(text);
    if (fields === null) problems.error(number, 'not a line of a latency log of fio');
    else if (Number(fields[4]) === 0) averaged = true;
    else if (fields[5] === undefined) {
      problems.error(number, 'a latency log of fio 2 or older: its unit is not known');
      return { data: undefined, problems: problems.list() };
    } else latencies.push(Number(fields[2]));
  }
  if (averaged) problems.error(0, 'means of windows (log_avg_msec), not requests: write the log without it');
  if (averaged || latencies.length === 0) return { data: undefined, problems: problems.list() };
  return { data: result(latencies), problems: problems.list() };
}

function result(latencies: readonly number[]): FioLatencyLog {
  const latenciesNs = Float64Array.from(latencies);
  return {
    kind: 'latency-log',
    requests: latencies.length,
    meanNs: latenciesNs.reduce((sum, ns) => sum + ns / latencies.length, 0),
    latenciesNs,
    spread: spreadOf('total', latenciesNs.toSorted()),
  };
}

function* linesOf(bytes: Uint8Array): Generator<string> {
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed < 0 ? bytes.length : feed;
    yield Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, 256))
      .toString('latin1')
      .trim();
    start = end + 1;
  }
}
