import { describe, expect, it } from 'vitest';
import { kindId } from '../../parsers/event-kinds.ts';
import { NEVER_COMPLETED } from '../../src/correlate/build-request-table.ts';
import { type RequestTable, STATUS } from '../../src/correlate/request-table.ts';
import { idleLosses } from '../../src/report/idle-part.ts';
import { type StreamTrust, streamTrust } from '../../src/report/stream-trust.ts';
import type { CheckedSource } from '../../src/trace/integrity.ts';

/** A stream whose completions were stamped in these tasks. */
function stream(format: string, ...tids: readonly number[]): StreamTrust {
  const kind = Uint8Array.from(tids, () => kindId('block_rq_complete'));
  return streamTrust({
    source: { name: 'a', format, events: { kind, tid: Uint32Array.from(tids) } },
    integrity: {},
  } as unknown as CheckedSource);
}

/** Ten requests, of which so many have no completion. */
function requests(unfinished: number): RequestTable {
  const without = Array.from({ length: 10 }, (_, request) => request < unfinished);
  return {
    status: Uint8Array.from(without, (is) => (is ? STATUS.rejected : STATUS.matched)),
    reason: Uint16Array.from(without, (is) => (is ? 1 : 0)),
    reasons: ['', NEVER_COMPLETED],
  } as unknown as RequestTable;
}

describe('a perf that delivers nothing from the idle task', () => {
  it('is named where requests lack their completions', () => {
    expect(idleLosses([stream('perf.data', 142)], requests(9))).toEqual([
      {
        source: 'a',
        kind: 'missing',
        count: null,
        text: 'no event of the idle task is in it, and 9 of 10 requests have no completion: this kernel’s perf delivers nothing from there; --tracer tracefs does',
      },
    ]);
  });

  it('is not suspected where one event came from there, nothing is missing, or another tracer recorded', () => {
    expect(idleLosses([stream('perf.data', 142, 0)], requests(9))).toEqual([]);
    expect(idleLosses([stream('perf.data', 142)], requests(0))).toEqual([]);
    expect(idleLosses([stream('tracefs text', 142)], requests(9))).toEqual([]);
    expect(idleLosses([stream('perf.data')], requests(9))).toEqual([]);
  });
});
