import { describe, expect, it } from 'vitest';
import { readFactsFolder } from '../../../parsers/facts/facts-folder.ts';
import { parseFioJson } from '../../../parsers/facts/fio-json.ts';
import { parseRequestLog } from '../../../parsers/facts/request-log.ts';
import type { GroundTruth, RecordingFacts } from '../../../src/trace/recording.ts';

/** Parsers know nothing of src; that their shapes fit is checked here, by the compiler. */
describe('shapes of facts', () => {
  it('fit the recording', () => {
    const log = parseRequestLog(new TextEncoder().encode('0 8 1 2 3 4\n')).data!;
    const read = { total_ios: 1, iops: 1, lat_ns: { mean: 5, N: 1 }, clat_ns: { mean: 4, N: 1 } };
    const fio = parseFioJson(JSON.stringify({ 'fio version': 'fio-3.33', jobs: [{ jobname: 'j', read }] }))
      .data!;
    const truths: GroundTruth[] = [
      { source: 'log', ...log },
      { source: 'fio', ...fio },
    ];
    const facts: RecordingFacts = readFactsFolder([{ name: 'threads', text: 'tid 1 a\n' }]).facts;
    expect(truths.map(({ kind, meanNs }) => [kind, meanNs])).toEqual([
      ['request-log', 1],
      ['fio', 5],
    ]);
    expect(facts.qemuThreads).toEqual([{ tid: 1, name: 'a' }]);
  });
});
