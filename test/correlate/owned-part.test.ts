/** The requests that are a slice's own, of those it holds with its overlaps. The recording is drawn. */
import { describe, expect, it } from 'vitest';
import type { ApplicationMatch } from '../../src/correlate/application.ts';
import { OUTSIDE_SPAN } from '../../src/correlate/build-request-table.ts';
import type { Correlated } from '../../src/correlate/correlate.ts';
import { type OwnTime, ownEnd, ownedPart, type SeenBefore, seenOf } from '../../src/correlate/owned-part.ts';
import { STATUS } from '../../src/correlate/request-table.ts';
import { followDiagram } from '../support/follow-diagram.ts';
import { type DrawnRow, drawRows, IOTHREAD_LANES } from '../support/iothread-lanes.ts';

/** Events of one request by µs and lane. */
const request = (label: string, begin: number): DrawnRow[] =>
  (
    [
      [0, 'app', 'sys_enter_preadv2'],
      [2, 'app', `block_rq_issue ${label}`],
      [3, 'app', 'vp_notify'],
      [5, 'vcpu', 'kvm_exit mmio'],
      [6, 'vcpu', 'kvm_mmio febfb000'],
      [7, 'vcpu', 'eventfd_signal 7'],
      [8, 'vcpu', 'kvm_entry'],
      [12, 'io', 'eventfd_read 7'],
      [15, 'io', 'sys_enter_io_submit 1'],
      [17, 'io', `block_rq_issue ${label}`],
      [40, 'irq', 'irq_handler_entry 45 nvme0q4'],
      [42, 'irq', `block_rq_complete ${label}`],
      [43, 'irq', 'eventfd_signal 8'],
      [48, 'io', 'eventfd_read 8'],
      [52, 'io', 'virtqueue_push'],
      [54, 'io', 'irqfd_wakeup'],
      [55, 'io', 'kvm_apic_accept_irq 38'],
      [57, 'vcpu', 'kvm_inj_virq 38'],
      [58, 'vcpu', 'kvm_entry'],
      [60, 'girq', 'irq_handler_entry 25 virtio1-req.0'],
      [62, 'girq', `block_rq_complete ${label}`],
      [66, 'app', 'sys_exit_preadv2'],
    ] as const
  ).map(([time, lane, event]) => [begin + time, lane, event]);

/** Each 100 µs from 100 µs on; the host's recording begins after the first began, and ends before the last ended. */
const LABELS = Array.from({ length: 8 }, (_, at) => `R${at}`);
const BEGIN_US = (at: number) => 100 * (at + 1);
const ISSUE_NS = (at: number) => (BEGIN_US(at) + 2) * 1000;
/** What was issued before the recording and completes in it. */
const STRAYS_US = [50, 330];

const WHOLE: OwnTime = { from: -Infinity, to: Infinity };
const followed = followDiagram(
  [
    IOTHREAD_LANES,
    ...LABELS.map((label, at) => `request ${label} read ${(at + 1) * 800}+8`),
    ...STRAYS_US.map((_, at) => `request S${at} read ${(at + 1) * 100_000}+8`),
    drawRows(
      ['app', 'girq', 'vcpu', 'io', 'irq'],
      [
        ...LABELS.flatMap((label, at) => request(label, BEGIN_US(at))),
        ...STRAYS_US.map((us, at): DrawnRow => [us, 'girq', `block_rq_complete S${at}`]),
      ],
    ),
  ].join('\n'),
  { path: 'virtio-blk-iothread' },
);
/** With what the drawing does not give: a log whose lines are in another order, and a request of which a read is unclear. */
const ALL: Correlated = {
  ...followed.correlated,
  application: {
    offsetNs: 17,
    entry: Int32Array.of(7, 6, -1, 4, 3, 2, 1, 0),
    request: Int32Array.of(7, 6, 5, 4, 3, -1, 1, 0),
  } satisfies ApplicationMatch,
  followed: { ...followed.correlated.followed, unclear: new Map([[4, 'backend:pickup']]) },
  inFlight: { ...followed.correlated.inFlight, alone: Uint8Array.of(0, 1, 0, 0, 1, 1, 0, 1) },
};

const issuedIn = (first: number, behind: number): OwnTime => ({
  from: ISSUE_NS(first),
  to: ISSUE_NS(behind),
});
const outcomes = ({ requests: { status, reason, reasons } }: Correlated) =>
  [...status].map((each, at) => (each === STATUS.matched ? 'matched' : reasons[reason[at]!]));
const LABEL_OF = new Map(LABELS.map((_, at) => [(at + 1) * 800, at]));
const ownOf = ({ requests }: Correlated) => [...requests.sector].map((sector) => LABEL_OF.get(sector));
/** Columns by name, of requests and of what was followed. */
function columns({ requests, followed: { rows, times }, inFlight }: Correlated) {
  const { start, total, variant, status, sector, bytes, direction, offsets } = requests;
  return {
    ...{ start, total, variant, status, sector, bytes, direction, alone: inFlight.alone },
    ...Object.fromEntries([...offsets].map(([point, column]) => [`${point} offset`, column])),
    ...Object.fromEntries([...requests.rows].map(([point, column]) => [`${point} row`, column])),
    ...Object.fromEntries([...rows].map(([point, column]) => [`${point} followed`, column])),
    ...Object.fromEntries([...times].map(([point, column]) => [`${point} time`, column])),
  };
}

describe('the requests of a slice', () => {
  it('are drawn here with ends that no other machine recorded', () => {
    expect(outcomes(ALL)).toEqual([OUTSIDE_SPAN.before, ...Array(6).fill('matched'), OUTSIDE_SPAN.behind]);
    expect(ALL.strays.length).toBe(2);
  });

  it('are those that were issued in it', () => {
    expect(ownOf(ownedPart(ALL, issuedIn(2, 5)))).toEqual([2, 3, 4]);
    // The system call lies before its request's issue, and does not count.
    expect(ownOf(ownedPart(ALL, { from: ISSUE_NS(2) - 500, to: ISSUE_NS(5) - 500 }))).toEqual([2, 3, 4]);
    expect(ownOf(ownedPart(ALL, { from: ISSUE_NS(2) + 1, to: ISSUE_NS(5) + 1 }))).toEqual([3, 4, 5]);
  });

  it('have their own columns', () => {
    const part = ownedPart(ALL, issuedIn(2, 5));
    const { requests } = part;
    const own = columns(part);
    expect(requests.length).toBe(3);
    const whole = columns(ALL);
    expect(Object.keys(own)).toEqual(Object.keys(whole));
    expect(Object.keys(whole).length).toBeGreaterThan(40);
    for (const [name, column] of Object.entries(own))
      expect([name, ...column]).toEqual([name, ...[...whole[name as keyof typeof whole]!].slice(2, 5)]);
    expect([...part.inFlight.alone]).toEqual([0, 0, 1]);
    expect([...part.followed.unclear]).toEqual([[2, 'backend:pickup']]);
    const irq = requests.offsets.get('host:irq')![1]!;
    expect(requests.start[1]! + irq).toBe((BEGIN_US(3) + 40) * 1000);
  });

  it('have the completions in it that belong to none', () => {
    const times = (own: OwnTime) =>
      [...ownedPart(ALL, own).strays].map((row) => ALL.app.table.ts[row]! / 1000);
    expect(times(WHOLE)).toEqual(STRAYS_US);
    expect(times(issuedIn(2, 5))).toEqual([330]);
    expect(times({ from: 50_000, to: 330_000 })).toEqual([50]);
  });

  it('have none that is of a request which the slice before has', () => {
    const straysAfter = (before: SeenBefore) =>
      [...ownedPart(ALL, WHOLE, before).strays].map((row) => ALL.app.table.ts[row]! / 1000);
    const seen = seenOf(ALL);
    expect(seen.to).toBe((BEGIN_US(7) + 66) * 1000);
    expect(seen.strays.size).toBe(2);
    // Neither slice has its issue.
    expect(straysAfter(seen)).toEqual(STRAYS_US);
    // The slice before was read until the first of them, and has its request; then beyond both, and has that of the second.
    expect(straysAfter({ to: 50_000, strays: new Set() })).toEqual([330]);
    expect(straysAfter({ to: seen.to, strays: new Set([...seen.strays].slice(0, 1)) })).toEqual([50]);
  });

  it('have their lines of the application’s log, and others’ lines have none', () => {
    const { entry, request: lines, offsetNs } = ownedPart(ALL, issuedIn(2, 5)).application!;
    expect(offsetNs).toBe(17);
    expect([...entry]).toEqual([-1, 4, 3]);
    // By line: request 3 is line 4, request 4 line 3.
    expect([...lines]).toEqual([-1, -1, -1, 2, 1, -1, -1, -1]);
    expect(ownedPart({ ...ALL, application: undefined }, issuedIn(2, 5)).application).toBeUndefined();
  });

  it('are none where none was issued', () => {
    const part = ownedPart(ALL, { from: 2e6, to: 3e6 });
    expect([part.requests.length, part.strays.length, part.application!.entry.length]).toEqual([0, 0, 0]);
  });

  it('are all in one of several slices that touch', () => {
    const borders = [-Infinity, ISSUE_NS(1), ISSUE_NS(4) + 300, ISSUE_NS(4) + 400, ISSUE_NS(7) - 1, Infinity];
    const parts = borders.slice(1).map((to, at) => ownedPart(ALL, { from: borders[at]!, to }));
    expect(parts.map(({ requests }) => requests.length)).toEqual([1, 4, 0, 2, 1]);
    for (const [name, column] of Object.entries(columns(ALL))) {
      const all = parts.flatMap((part) => [
        ...Object.entries(columns(part)).find(([own]) => own === name)![1],
      ]);
      expect([name, ...all]).toEqual([name, ...column]);
    }
    expect(parts.flatMap(outcomes)).toEqual(outcomes(ALL));
    expect(parts.flatMap(({ strays }) => [...strays])).toEqual([...ALL.strays]);
    const entries = parts.flatMap(({ application }) => [...application!.entry]);
    expect(entries).toEqual([...ALL.application!.entry]);
  });
});

describe('a request that a slice does not hold whole', () => {
  const tooLong = 'longer than the overlap of two slices of the recording';

  it.each<[string, OwnTime, readonly string[]]>([
    ['the only', WHOLE, [OUTSIDE_SPAN.before, OUTSIDE_SPAN.behind]],
    ['the first', { from: -Infinity, to: 2e6 }, [OUTSIDE_SPAN.before, tooLong]],
    ['an inner', { from: 0, to: 2e6 }, [tooLong, tooLong]],
    ['the last', { from: 0, to: Infinity }, [tooLong, OUTSIDE_SPAN.behind]],
  ])('is outside only at the recording’s ends: in %s slice', (_, own, [before, behind]) => {
    const part = ownedPart(ALL, own);
    expect(outcomes(part)).toEqual([before, ...Array(6).fill('matched'), behind]);
    const { status } = part.requests;
    const of = (reason: string | undefined) => (reason === tooLong ? STATUS.rejected : STATUS.outside);
    expect([status[0], status[7]]).toEqual([of(before), of(behind)]);
  });

  it('is not said of the requests before', () => {
    ownedPart(ALL, { from: 0, to: 2e6 });
    expect(outcomes(ALL).at(-1)).toBe(OUTSIDE_SPAN.behind);
    expect(ALL.requests.reasons).not.toContain(tooLong);
  });

  it('is left alone where it is outside for another reason', () => {
    const reasons = ALL.requests.reasons.map((reason) =>
      reason === OUTSIDE_SPAN.behind ? 'not in the application’s log' : reason,
    );
    const part = ownedPart({ ...ALL, requests: { ...ALL.requests, reasons } }, { from: 0, to: 2e6 });
    expect([outcomes(part).at(-1), part.requests.status[7]]).toEqual([
      'not in the application’s log',
      STATUS.outside,
    ]);
  });
});

describe('the end of a slice', () => {
  const END = { from: 0, to: 2e6 };

  it('is brought forward to the first request that ends behind what was read', () => {
    expect(ownEnd(ALL, END, 0)).toBe(ISSUE_NS(7));
    // Earlier than that it must not be.
    expect(ownEnd(ALL, END, ISSUE_NS(7))).toBe(ISSUE_NS(7));
    expect(ownEnd(ALL, END, ISSUE_NS(7) + 1)).toBe(2e6);
  });

  it('stays where all requests before it were seen whole', () => {
    expect(ownEnd(ALL, issuedIn(2, 7), ISSUE_NS(1))).toBe(ISSUE_NS(7));
    expect(ownEnd(ALL, issuedIn(2, 5), ISSUE_NS(3))).toBe(ISSUE_NS(5));
  });

  it('stays where a request was not followed for another reason', () => {
    const reasons = ALL.requests.reasons.map(() => 'too long');
    expect(ownEnd({ ...ALL, requests: { ...ALL.requests, reasons } }, END, 0)).toBe(2e6);
  });
});
