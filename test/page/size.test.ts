/** A page for a bug tracker stays small, whatever was recorded. */
import { describe, expect, it } from 'vitest';
import { followRecording, reportOf } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import type { RequestTable } from '../../src/correlate/request-table.ts';
import { buildPicture } from '../../src/picture/build-picture.ts';
import { placedGaps } from '../../src/picture/gap-list.ts';
import { renderHtml } from '../../src/render/html.ts';
import { builtAssets } from '../support/page-assets.ts';

const MOST_BYTES = 1.5e6;
const REQUESTS = 100_000;
const file = (name: string) => new URL(`../../samples/${name}.iotrace.zip`, import.meta.url).pathname;

/** The requests again and again, one run after the other, until there are so many. */
function repeated(requests: RequestTable, length: number): RequestTable {
  const n = requests.length;
  const spanNs = Math.max(...requests.start) - Math.min(...requests.start) + 1e6;
  const again = <Column extends Int32Array | Uint8Array | Uint16Array | Float64Array>(
    column: Column,
  ): Column => {
    const long = new (column.constructor as new (length: number) => Column)(length);
    for (let at = 0; at < length; at++) long[at] = column[at % n]!;
    return long;
  };
  const columns = (all: ReadonlyMap<never, Int32Array>) =>
    new Map([...all].map(([point, column]) => [point, again(column)]));
  return {
    ...requests,
    length,
    start: again(requests.start).map((ns, at) => ns + Math.floor(at / n) * spanNs),
    total: again(requests.total),
    offsets: columns(requests.offsets as ReadonlyMap<never, Int32Array>),
    rows: columns(requests.rows as ReadonlyMap<never, Int32Array>),
    variant: again(requests.variant),
    status: again(requests.status),
    reason: again(requests.reason),
    sector: again(requests.sector).map((sector, at) => sector + 8 * at),
    bytes: again(requests.bytes),
    direction: again(requests.direction),
  };
}

describe('the page of 100,000 requests', { timeout: 120_000 }, () => {
  // The paths with the most points, polling and several ways a request, and one request of them after the other.
  it.each(['vhost-user-blk-qsd', 'virtio-blk-iothread-cross-node', 'virtio-blk-iothread-x86-tsc'])(
    'of %s has 1.5 MB at most, and says what was left out',
    async (name) => {
      const { recording, title, path } = await openRecording(file(name), undefined, () => {});
      const how = { version: '0', title, path };
      const followed = followRecording(recording, how);
      if ('failure' in followed) throw new Error(followed.failure);
      const requests = repeated(followed.correlated.requests, REQUESTS);
      const many = { ...followed, correlated: { ...followed.correlated, requests } };
      const model = reportOf(recording, many, how);
      expect(model.requests.matched).toBeGreaterThan(0.95 * REQUESTS);
      const page = renderHtml(
        model,
        buildPicture(many.correlated.requests, placedGaps(many.correlated, many.doubts)),
        builtAssets(),
      );
      expect(Buffer.byteLength(page)).toBeLessThanOrEqual(MOST_BYTES);
      expect(page).toMatch(/of [\d,]+ requests that were followed this page holds 2,\d{3}: the 250 slowest/);
      expect(page).toMatch(/bins of/);
    },
  );
});
