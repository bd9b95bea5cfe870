import type { Correlated } from '../correlate/correlate.ts';
import { STATUS } from '../correlate/request-table.ts';
import { byVariant, spansOf } from '../stats/spans.ts';

/** The matched requests of a recording in the order of their start, ns each. Per request the stages sum to the total. */
export interface RequestTimes {
  readonly total: Int32Array;
  /** Where each begins on the disk, and its length: what tells whether two recordings hold the same requests. */
  readonly sectors: Float64Array;
  readonly bytes: Float64Array;
  /** Stage → its time in each request, 0 in those that do not pass it. */
  readonly stages: ReadonlyMap<string, Int32Array>;
}

/** Takes followed requests apart into columns. */
export function requestTimes({ requests }: Pick<Correlated, 'requests'>): RequestTimes {
  const matched = Int32Array.from(requests.status.keys()).filter(
    (request) => requests.status[request] === STATUS.matched,
  );
  const place = new Int32Array(requests.length);
  matched.forEach((request, at) => {
    place[request] = at;
  });
  const stages = new Map<string, Int32Array>();
  for (const { spans, members } of byVariant(requests, spansOf(requests), matched))
    for (const { id, fromNs, toNs } of spans) {
      const column = stages.get(id) ?? new Int32Array(matched.length);
      stages.set(id, column);
      for (const request of members) column[place[request]!]! += toNs[request]! - fromNs[request]!;
    }
  return {
    total: matched.map((request) => requests.total[request]!),
    sectors: Float64Array.from(matched, (request) => requests.sector[request]!),
    bytes: Float64Array.from(matched, (request) => requests.bytes[request]!),
    stages,
  };
}
