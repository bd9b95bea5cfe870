/** One run of fio, as json+ and as latency log: both have to say the same of it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseFioJson } from '../../../parsers/facts/fio-json.ts';
import { parseFioLatencyLog, sniffFioLatencyLog } from '../../../parsers/facts/fio-latency-log.ts';
import { spreadOf } from '../../../parsers/facts/latencies.ts';
import { sniffRequestLog } from '../../../parsers/facts/request-log.ts';
import { readTruth } from '../../../src/commands/read-truth.ts';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/fio/${name}`, import.meta.url));

describe('a latency log of fio', () => {
  it('has the requests, mean, least and most of the JSON of the same run', () => {
    const { data, problems } = parseFioLatencyLog(fixture('randread_lat.1.log'));
    const json = JSON.parse(fixture('randread.json').toString()).jobs[0].read.lat_ns;
    expect(problems).toEqual([]);
    expect(data?.requests).toBe(json.N);
    expect(data?.meanNs).toBeCloseTo(json.mean, 3);
    expect([data?.spread?.minNs, data?.spread?.maxNs]).toEqual([json.min, json.max]);
    expect(data?.spread?.of).toBe('total');
  });

  it('is refused where its lines are means of windows, or of an older fio', () => {
    const averaged = parseFioLatencyLog(fixture('averaged_lat.1.log'));
    expect(averaged.data).toBeUndefined();
    expect(averaged.problems.at(-1)?.reason).toContain('log_avg_msec');
    const old = parseFioLatencyLog(Buffer.from('1, 153, 0, 4096\n2, 160, 0, 4096\n'));
    expect(old.data).toBeUndefined();
    expect(old.problems).toMatchObject([{ line: 1, severity: 'error' }]);
  });

  it('names the lines it cannot use, and is no request log', () => {
    const text = Buffer.concat([fixture('randread_lat.1.log').subarray(0, 100), Buffer.from('\nhello\n')]);
    const { data, problems } = parseFioLatencyLog(text);
    expect(data!.requests).toBeGreaterThan(2);
    expect(problems.map(({ reason }) => reason)).toContain('not a line of a latency log of fio');
    expect(sniffFioLatencyLog(text)).toBe(true);
    expect(sniffRequestLog(text)).toBe(false);
    expect(sniffFioLatencyLog(Buffer.from('0 1 2 3 4 5\n'))).toBe(false);
  });

  it('is told apart by its name, as fio means it', () => {
    const bytes = fixture('randread_clat.1.log');
    const clat = readTruth('randread_clat.1.log', bytes);
    expect(clat.truth?.kind).toBe('latency-log');
    expect(clat.problems).toMatchObject([{ severity: 'warning' }]);
    const slat = readTruth('randread_slat.1.log', bytes);
    expect(slat.truth).toBeUndefined();
    expect(slat.problems).toMatchObject([{ severity: 'error' }]);
  });
});

describe('percentiles of fio JSON', () => {
  const text = fixture('randread.json').toString();

  it('come from the bins of json+, and agree with fio’s own and with the log', () => {
    const { data } = parseFioJson(text);
    const own = JSON.parse(text).jobs[0].read.clat_ns.percentile;
    const log = parseFioLatencyLog(fixture('randread_clat.1.log')).data!.spread!;
    const spread = data!.spread!;
    expect(spread.of).toBe('completion');
    for (const [key, percent] of [
      ['p50Ns', '50.000000'],
      ['p90Ns', '90.000000'],
      ['p99Ns', '99.000000'],
    ] as const) {
      // fio's bins are 1/64 wide, and its own percentile interpolates nothing.
      expect(Math.abs(spread[key] / own[percent] - 1), key).toBeLessThan(1 / 32);
      expect(Math.abs(spread[key] / log[key] - 1), key).toBeLessThan(1 / 32);
    }
    expect([spread.minNs, spread.maxNs]).toEqual([log.minNs, log.maxNs]);
  });

  it('are fio’s own where there are no bins, and none where several jobs have only percentiles', () => {
    const json = JSON.parse(text);
    delete json.jobs[0].read.clat_ns.bins;
    const own = json.jobs[0].read.clat_ns.percentile;
    expect(parseFioJson(JSON.stringify(json)).data?.spread).toMatchObject({
      of: 'completion',
      p50Ns: own['50.000000'],
      p999Ns: own['99.900000'],
    });
    json.jobs.push(json.jobs[0]);
    expect(parseFioJson(JSON.stringify(json)).data?.spread).toBeUndefined();
  });

  it('are by nearest rank', () => {
    const ten = Array.from({ length: 10 }, (_, n) => n + 1);
    expect(spreadOf('total', ten)).toEqual({
      of: 'total',
      minNs: 1,
      p50Ns: 5,
      p90Ns: 9,
      p99Ns: 10,
      p999Ns: 10,
      maxNs: 10,
    });
    expect(spreadOf('total', [1, 100], [99, 1])).toMatchObject({ p50Ns: 1, p99Ns: 1, p999Ns: 100 });
    expect(spreadOf('total', [])).toBeUndefined();
  });
});
