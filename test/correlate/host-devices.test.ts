/** Which of a host's block devices has a guest's requests, where several have some of them. */
import { expect, it } from 'vitest';
import { DIRECTION, kindId, packRequest } from '../../parsers/event-kinds.ts';
import { followAppRequests } from '../../src/correlate/app-requests.ts';
import { matchHostRequests } from '../../src/correlate/host-requests.ts';
import { EventTableBuilder } from '../../src/trace/event-table-builder.ts';
import { indexOccurrences } from '../../src/trace/occurrences.ts';

interface Drawn {
  readonly device: number;
  readonly sector: number;
  readonly us: number;
}

const LATENCY_US = 30;
const [GUEST, CACHE, DISK] = [1, 2, 3];
const REQUESTS = 400;
const READ = packRequest(8, DIRECTION.read);

/** Requests of one machine, each issued and completed. */
function machineOf(requests: readonly Drawn[]) {
  const builder = new EventTableBuilder();
  const events = requests.flatMap(({ us, ...request }) => [
    { us, kind: kindId('block_rq_issue'), ...request },
    { us: us + LATENCY_US, kind: kindId('block_rq_complete'), ...request },
  ]);
  for (const { us, kind, device, sector } of events.sort((a, b) => a.us - b.us))
    builder.event(kind, 0, us * 1000, 0, 5, device, sector, READ);
  return indexOccurrences(builder.build().events);
}

const guest: readonly Drawn[] = Array.from({ length: REQUESTS }, (_, at) => ({
  device: GUEST,
  // In no order, so that hardly any fits but by their own shift.
  sector: 1000 + ((at * at * 37 + at * 10_007) % 1_000_003) * 8,
  us: 100 + at * 100,
}));

/** A host's device with some of the guest's requests, and others. */
const having = (device: number, some: readonly Drawn[], others = 0): Drawn[] => [
  ...some.map(({ sector, us }) => ({ device, sector, us: us + 5 })),
  ...Array.from({ length: others }, (_, at) => ({ device, sector: 9_000_000 + at * 16, us: 150 + at * 90 })),
];

function deviceOf(host: readonly Drawn[]): number | undefined {
  const app = machineOf(guest);
  return matchHostRequests(app.table, followAppRequests(app, GUEST, false), machineOf(host))?.device;
}

it('the one that has all of them, also where a cache has most and is busier', () => {
  const cached = guest.filter((_, at) => at % 10 !== 0);
  expect(deviceOf([...having(CACHE, cached, 300), ...having(DISK, guest)])).toBe(DISK);
});

it('the busier one of two that have all', () => {
  expect(deviceOf([...having(DISK, guest), ...having(CACHE, guest, 50)])).toBe(CACHE);
});

it('none where none has nearly a third', () => {
  expect(deviceOf(having(DISK, guest.slice(0, REQUESTS / 4), 200))).toBeUndefined();
});
