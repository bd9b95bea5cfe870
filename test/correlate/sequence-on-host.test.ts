/** Requests in sequence on a partition of a host's disk, whose recording began later. Drawn. */
import { describe, expect, it } from 'vitest';
import { DIRECTION, kindId, packRequest } from '../../parsers/event-kinds.ts';
import { followAppRequests } from '../../src/correlate/app-requests.ts';
import { matchHostRequests } from '../../src/correlate/host-requests.ts';
import { EventTableBuilder } from '../../src/trace/event-table-builder.ts';
import { indexOccurrences } from '../../src/trace/occurrences.ts';
import { randomFrom } from '../support/damage.ts';

const [GUEST, DISK] = [1, 2];
const REQUESTS = 400;
const random = randomFrom(5);
const READ = packRequest(8, DIRECTION.read);
/** How long each takes, µs: by so little more or less that a beat beside its place each is still near one of the other machine. */
const beats = Array.from({ length: REQUESTS }, () => 50 + Math.floor(random() * 23));

/** Reads in sequence of one machine, the first `without` of them not recorded. */
function machineOf(device: number, firstSector: number, lateUs: number, without: number) {
  const builder = new EventTableBuilder();
  let us = lateUs;
  for (const [at, beat] of beats.entries()) {
    us += beat;
    if (at < without) continue;
    const sector = firstSector + at * 8;
    builder.event(kindId('block_rq_issue'), 0, us * 1000, 0, 5, device, sector, READ);
    builder.event(kindId('block_rq_complete'), 0, (us + 10) * 1000, 0, 5, device, sector, READ);
  }
  return indexOccurrences(builder.build().events);
}

describe.each([0, 1, 7, 130])('without the first %d on the host', (without) => {
  it.each([0, 2048])('are found %d sectors into the disk', (shift) => {
    const app = machineOf(GUEST, 8192, 0, 0);
    const host = machineOf(DISK, 8192 + shift, 123_456, without);
    const match = matchHostRequests(app.table, followAppRequests(app, GUEST), host)!;
    expect(match.shift).toBe(shift);
    expect(match.matched).toBe(REQUESTS - without);
  });
});
