import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseFioJson, sniffFioJson } from '../../../parsers/facts/fio-json.ts';

const conflict = readFileSync(new URL('../../fixtures/facts/fio-conflict.json', import.meta.url), 'utf8');

/** A result as fio prints it, with the given read and write parts (synthetic figures). */
function fioText(jobs: unknown[], extra: Record<string, unknown> = {}): string {
  return JSON.stringify({ 'fio version': 'fio-3.33', ...extra, jobs }, null, 2);
}

const part = (ios: number, latNs: number) => ({
  total_ios: ios,
  iops: ios / 10,
  clat_ns: { mean: Math.max(latNs - 100, 0), N: ios },
  lat_ns: { mean: latNs, N: ios },
});

describe('fio JSON', () => {
  it('takes the side of a conflict whose label names the file', () => {
    const own = '/any/where/blkio-io_uring/qd-1-run-1.json';
    const theirs = parseFioJson(conflict, own);
    const ours = parseFioJson(conflict, '/any/where/other/qd-1-run-1.json');
    expect(ours.data).toEqual(parseFioJson(conflict).data);
    // Mean total latency on 'their' side of the file, and on 'ours'.
    expect(theirs.data!.meanNs).toBeLessThan(30_000);
    expect(ours.data!.meanNs).toBeGreaterThan(70_000);
    expect(theirs.problems[0]!.reason).toContain("'theirs' is used, as its label names this file");
  });

  it("reads a file with git conflicts on our side and names each conflict's line", () => {
    const { data, problems } = parseFioJson(conflict);
    expect(sniffFioJson(conflict)).toBe(true);
    expect(data?.requests).toBe(774293);
    expect(data?.meanNs).toBe(76750.38208);
    expect(data?.fio).toEqual({
      version: 'fio-3.29',
      jobs: ['job1'],
      direction: 'read',
      iodepth: 1,
      blockSize: '512',
      ioengine: 'io_uring',
      direct: true,
      iops: 12904.668256,
      clatMeanNs: 69541.548326,
      latMeanNs: 76750.38208,
    });
    expect(problems).toHaveLength(6);
    expect(problems.every(({ severity }) => severity === 'warning')).toBe(true);
    expect(problems.slice(0, 2).map(({ line }) => line)).toEqual([3, 44]);
    expect(problems[0]?.reason).toContain("'ours'");
  });

  it('skips what other programs printed around the object, with the line', () => {
    const text = `fio: clocksource=cpu may not be reliable\n${fioText([{ jobname: 'a', read: part(10, 5000) }])}\nbye\n`;
    const { data, problems } = parseFioJson(text);
    expect(data?.meanNs).toBe(5000);
    expect(problems.map(({ line }) => line)).toEqual([1, text.split('\n').length - 1]);
    expect(problems[0]?.reason).toContain('clocksource=cpu');
  });

  it('weights jobs and directions by their samples and reports options only where jobs agree', () => {
    const jobs = [
      { jobname: 'a', 'job options': { iodepth: '4' }, read: part(100, 10000), write: part(0, 0) },
      { jobname: 'b', 'job options': { iodepth: '8' }, read: part(0, 0), write: part(300, 20000) },
    ];
    const { data } = parseFioJson(fioText(jobs, { 'global options': { bs: '4k', ioengine: 'libaio' } }));
    expect(data?.requests).toBe(400);
    expect(data?.meanNs).toBe(17500);
    expect(data?.fio).toMatchObject({ direction: 'mixed', iodepth: undefined, blockSize: '4k', iops: 40 });
  });

  it.each<[object, boolean | undefined]>([
    [{ hipri: '1' }, true],
    // the option alone, without a value
    [{ hipri: '' }, true],
    [{ hipri: '0' }, false],
    [{}, undefined],
  ])('says whether polling was asked for: %j', (options, asked) => {
    const job = { jobname: 'a', 'job options': options, read: part(100, 10000), write: part(0, 0) };
    expect(parseFioJson(fioText([job])).data?.fio.hipri).toBe(asked);
  });

  it.each<[object | undefined, object, boolean | undefined]>([
    [{ name: 'a', direct: '1' }, {}, true],
    [{ name: 'a' }, { direct: '1' }, true],
    [{ name: 'a', buffered: '0' }, {}, true],
    [{ name: 'a', direct: '0' }, { direct: '1' }, false],
    [{ name: 'a' }, {}, false],
    // fio does not say what it was asked for
    [undefined, {}, undefined],
  ])('says whether it went past the page cache: %j in the job, %j for all', (options, all, direct) => {
    const job = { jobname: 'a', 'job options': options, read: part(100, 10000), write: part(0, 0) };
    expect(parseFioJson(fioText([job], { 'global options': all })).data?.fio.direct).toBe(direct);
  });

  it('says how many I/Os it hands over at a time', () => {
    const batch = (size: string) => {
      const job = { jobname: 'a', 'job options': { iodepth_batch: size }, read: part(100, 10000) };
      return parseFioJson(fioText([job])).data?.fio.batch;
    };
    expect([batch('8'), batch('1')]).toEqual([8, undefined]);
  });

  it('reads the microseconds of fio 2', () => {
    const read = { total_ios: 5, iops: 1, clat: { mean: 31.5 }, lat: { mean: 34.25 } };
    const { data } = parseFioJson(
      JSON.stringify({ 'fio version': 'fio-2.16', jobs: [{ jobname: 'j', read }] }),
    );
    expect(data?.meanNs).toBe(34250);
    expect(data?.fio.clatMeanNs).toBe(31500);
  });

  it('says when the total latency was not measured', () => {
    const read = { total_ios: 5, iops: 1, clat_ns: { mean: 900, N: 5 }, lat_ns: { mean: 0, N: 0 } };
    const { data, problems } = parseFioJson(fioText([{ jobname: 'j', error: 5, read }]));
    expect(data?.meanNs).toBe(900);
    expect(data?.fio.latMeanNs).toBeNaN();
    expect(problems.map(({ reason }) => reason).join()).toMatch(/error 5.*disable_lat/);
  });
});

describe('fio JSON that cannot be read', () => {
  it.each([
    ['cut inside a conflict', conflict.slice(0, 1500), /not closed/],
    ['cut inside the object', fioText([{ jobname: 'j', read: part(1, 200) }]).slice(0, -20), /cut off/],
    ['stray marker', `${'='.repeat(8)}\n${fioText([])}`, /conflict marker ======== where/],
    ['no jobs', fioText([]), /jobs/],
    ['nothing done', fioText([{ jobname: 'j', read: part(0, 0) }]), /no job completed/],
    ['client mode', JSON.stringify({ 'fio version': 'fio-3.33', client_stats: [] }), /--client/],
    ['not JSON', 'hello', /no JSON object/],
    ['two results', `${fioText([])}\n${fioText([])}`, /second JSON object/],
    ['counts beyond 2^53', fioText([{ jobname: 'j', read: part(2 ** 60, 200) }]), /total_ios/],
  ])('%s', (_, text, reason) => {
    const { data, problems } = parseFioJson(text);
    expect(data).toBeUndefined();
    expect(problems.at(-1)?.reason).toMatch(reason);
    expect(problems.at(-1)?.severity).toBe('error');
  });

  it('names the line of a syntax error', () => {
    const { problems } = parseFioJson('note: x\n{\n  "fio version" : "fio-3.33",\n  oops\n}\n');
    expect(problems.at(-1)).toMatchObject({ line: 4, severity: 'error' });
  });
});
