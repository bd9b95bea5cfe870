/** Requests of several slices as one table. All tables are drawn. */
import { expect, it } from 'vitest';
import { JoinedRequests } from '../../src/correlate/joined-requests.ts';
import {
  NOT_OBSERVED,
  type RequestTable,
  type RequestVariant,
  STATUS,
} from '../../src/correlate/request-table.ts';
import type { PointId } from '../../src/paths/points.ts';

const KICKED: RequestVariant = {
  name: 'kicked',
  points: ['app:submit', 'kvm:exit', 'app:return'],
  stages: ['guest', 'host'],
};
const POLLED: RequestVariant = {
  name: 'polled',
  points: ['app:submit', 'app:return'],
  stages: ['guest+host'],
};

interface DrawnRequest {
  readonly variant?: RequestVariant;
  /** Why it is not matched. */
  readonly reason?: string;
  readonly offsets?: Partial<Record<PointId, number>>;
}

/** A table of requests, the first at `begin`; its variants and reasons are numbered as the slice met them. */
function drawn(begin: number, requests: readonly DrawnRequest[], points: readonly PointId[]): RequestTable {
  const variants = [...new Set(requests.flatMap(({ variant }) => variant ?? []))];
  const reasons = ['', ...new Set(requests.flatMap(({ reason }) => reason ?? []))];
  const column = (of: (request: DrawnRequest, at: number) => number) => requests.map(of);
  return {
    length: requests.length,
    start: Float64Array.from(column((_, at) => begin + at * 1000)),
    total: Int32Array.from(column((_, at) => 100 + at)),
    offsets: new Map(
      points.map((point) => [
        point,
        Int32Array.from(column(({ offsets }) => offsets?.[point] ?? NOT_OBSERVED)),
      ]),
    ),
    rows: new Map([['app:submit', Int32Array.from(column((_, at) => at))]]),
    variant: Uint16Array.from(column(({ variant }) => Math.max(0, variants.indexOf(variant!)))),
    variants,
    status: Uint8Array.from(column(({ reason }) => (reason ? STATUS.rejected : STATUS.matched))),
    reason: Uint16Array.from(column(({ reason }) => reasons.indexOf(reason ?? ''))),
    reasons,
    sector: Float64Array.from(column((_, at) => 8 * (begin + at))),
    bytes: Float64Array.from(column(() => 4096)),
    direction: Uint8Array.from(column((_, at) => at % 2)),
  };
}

/** Tables joined, in columns with room for all of them, and in such as have to grow. */
function joined(...tables: readonly RequestTable[]): RequestTable {
  const [whole, grown] = [undefined, 1].map((room) => {
    const sum = new JoinedRequests(room);
    for (const table of tables) sum.add(table);
    expect(sum.length).toBe(tables.reduce((all, { length }) => all + length, 0));
    return sum.table();
  });
  expect(grown).toEqual(whole);
  return whole!;
}

const variantsOf = ({ variant, variants }: RequestTable) => [...variant].map((id) => variants[id]!.name);
const reasonsOf = ({ reason, reasons }: RequestTable) => [...reason].map((id) => reasons[id]);

it('has the requests of both slices, one after the other', () => {
  const one = drawn(1000, [{}, {}, {}], []);
  const other = drawn(9000, [{}, {}], []);
  const { length, start, total, sector, bytes, direction, rows } = joined(one, other);
  expect(length).toBe(5);
  expect([...start]).toEqual([1000, 2000, 3000, 9000, 10_000]);
  expect([...total]).toEqual([100, 101, 102, 100, 101]);
  expect([...sector]).toEqual([...one.sector, ...other.sector]);
  expect([...bytes]).toEqual([4096, 4096, 4096, 4096, 4096]);
  expect([...direction]).toEqual([0, 1, 0, 0, 1]);
  expect(rows.size).toBe(0);
});

it('gives each request its variant, whatever number a slice gave it', () => {
  const asked = { name: 'kicked', points: POLLED.points, stages: POLLED.stages };
  const all = joined(
    drawn(0, [{ variant: KICKED }, { variant: POLLED }], []),
    drawn(5000, [{ variant: { ...POLLED } }, { variant: { ...KICKED } }, { variant: { ...POLLED } }], []),
    drawn(9000, [{ variant: asked }, { variant: { ...KICKED } }], []),
  );
  expect(all.variants).toEqual([KICKED, POLLED, asked]);
  expect(variantsOf(all)).toEqual(['kicked', 'polled', 'polled', 'kicked', 'polled', 'kicked', 'kicked']);
  // Of one name and other points: another one.
  expect([...all.variant].slice(-2)).toEqual([2, 0]);
});

it('gives each request its reason, and none to those that are matched', () => {
  const all = joined(
    drawn(0, [{ reason: 'too long' }, {}, { reason: 'lost' }], []),
    drawn(5000, [{ reason: 'lost' }, { reason: 'late' }, {}], []),
    drawn(9000, [{ reason: 'too long' }], []),
  );
  expect(all.reasons).toEqual(['', 'too long', 'lost', 'late']);
  expect(reasonsOf(all)).toEqual(['too long', '', 'lost', 'lost', 'late', '', 'too long']);
  const { rejected, matched } = STATUS;
  expect([...all.status]).toEqual([rejected, matched, rejected, rejected, rejected, matched, rejected]);
});

it('does not observe a point where only another slice did', () => {
  const points: PointId[] = ['app:submit', 'kvm:exit', 'host:irq'];
  const { offsets } = joined(
    drawn(0, [{ offsets: { 'app:submit': 0 } }, { offsets: { 'app:submit': 1 } }], points),
    drawn(3000, [{ offsets: { 'app:submit': 2, 'kvm:exit': 7 } }, {}], points),
    drawn(6000, [{ offsets: { 'app:submit': 3 } }], ['app:submit']),
  );
  expect(Object.fromEntries([...offsets].map(([point, column]) => [point, [...column]]))).toEqual({
    'app:submit': [0, 1, 2, NOT_OBSERVED, 3],
    'kvm:exit': [NOT_OBSERVED, NOT_OBSERVED, 7, NOT_OBSERVED, NOT_OBSERVED],
    // No column for what nobody observed.
  });
});

it('is not changed by what becomes of a slice’s columns later', () => {
  const table = drawn(0, [{ variant: KICKED, offsets: { 'kvm:exit': 5 } }], ['kvm:exit']);
  const sum = new JoinedRequests();
  sum.add(table);
  table.start.fill(-1);
  table.offsets.get('kvm:exit')!.fill(-1);
  const { start, offsets } = sum.table();
  expect([start[0], offsets.get('kvm:exit')![0]]).toEqual([0, 5]);
});

it('is empty without requests, and does not mind a slice without any', () => {
  const none = joined(drawn(0, [], ['kvm:exit']));
  expect([none.length, none.start.length, none.offsets.size, none.reasons]).toEqual([0, 0, 0, ['']]);
  const some = joined(
    drawn(0, [{ reason: 'lost' }], []),
    drawn(2000, [], []),
    drawn(4000, [{ variant: POLLED }], []),
  );
  expect([...some.start]).toEqual([0, 4000]);
  expect(reasonsOf(some)).toEqual(['lost', '']);
  expect(variantsOf(some)[1]).toBe('polled');
});
