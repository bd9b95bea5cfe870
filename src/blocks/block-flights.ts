/** Requests of one disk from their issue to their completion, while its block events go by; what they passed before, `sectorStates` has. */
import { requestDirection, requestSectors } from '../../parsers/event-kinds.ts';
import { type FlightCount, flightCount } from './flight-count.ts';
import { OddCompletions } from './odd-completions.ts';
import { EQUAL, MOST_PASSED, OPEN, PASSED, type RequestColumns, requestColumns } from './request-columns.ts';
import { MOST_SLOTS, SECTOR, TIME } from './sector-slots.ts';
import type { SectorStates } from './sector-states.ts';
import { StampingCpus } from './stamping-cpus.ts';

const SECTOR_BYTES = 512;
const MOST_NS = 2 ** 31;
/** More such completions are no beginning of a recording. */
const MOST_STRAYS = 100_000;

const MAY_BE_EARLY = 'a completion may be that of a request that was issued behind it';

/** The requests of a stream that has ended. */
export interface Flown {
  readonly length: number;
  readonly requests: RequestColumns;
  readonly cpus: StampingCpus;
  /** Times of completions whose issue is not in the recording, ns after the first event. */
  readonly strays: readonly number[];
  /** Of requests that completed, how many passed what: by bits of PASSED; and what any request passed. */
  readonly passed: Uint32Array;
  readonly everPassed: number;
  /** Who was in flight with whom, where that could be counted. */
  readonly count: ReturnType<FlightCount['counted']>;
  /** How many requests each thread issued. */
  readonly issuers: ReadonlyMap<number, number>;
}

export type BlockFlights = ReturnType<typeof blockFlights>;

/** Nothing is in flight yet; `give` is told why not all can be followed. */
export function blockFlights(
  room: number,
  now: Float64Array,
  states: SectorStates,
  give: (whyNot: string) => void,
) {
  const requests = requestColumns(room);
  const { start, getrq, insert, issue, complete, passed, sector, bytes, direction } = requests;
  let length = 0;
  /** By slot of a sector: the request in flight there, and the number of the CPUs that it was submitted on. */
  const numbers = new Int32Array(MOST_SLOTS);
  const submitters = new Uint16Array(MOST_SLOTS);
  /** How many more are in flight there. */
  const more = new Int32Array(MOST_SLOTS);
  const cpus = new StampingCpus();
  const strays: number[] = [];
  const odd = new OddCompletions();
  const count = flightCount(room, now);
  const passedBy = new Uint32Array(MOST_PASSED);
  let everPassed = 0;
  const issuers = new Map<number, number>();
  let issuer = -1;
  let issuedBy = 0;

  function issued(cpu: number, tid: number, aux: number): void {
    const isEqual = states.hasFlying();
    const slot = states.issued();
    const request = length++;
    if (slot === -1 || request >= room) {
      give('very many requests are under way at a time');
      return;
    }
    if (isEqual) joins(slot);
    else if (!odd.isEmpty) odd.issued(now[SECTOR]!, request);
    if (tid !== issuer) turnTo(tid);
    issuedBy++;
    numbers[slot] = request;
    sector[request] = now[SECTOR]!;
    bytes[request] = requestSectors(aux) * SECTOR_BYTES;
    direction[request] = requestDirection(aux);
    const what = states.taken(slot);
    passed[request] = isEqual ? what | EQUAL : what;
    complete[request] = OPEN;
    everPassed |= what;
    count.begins(request);
    begun(request, what, slot);
    const { queueCpu, getrqCpu, insertCpu } = states;
    submitters[slot] = cpus.submitted(what, queueCpu[slot]!, getrqCpu[slot]!, insertCpu[slot]!, cpu);
  }

  /** Another request to the sector is in flight: both are given up, and as many more completions are to come before none is in flight. */
  function joins(slot: number): void {
    if (odd.hasOpen(numbers[slot]!)) give(MAY_BE_EARLY);
    passed[numbers[slot]!]! |= EQUAL;
    more[slot] = more[slot]! + 1;
    odd.add(now[SECTOR]!);
    count.loses();
  }

  /** When it began, which is when it passed the first of its points, and its times after that. */
  function begun(request: number, what: number, slot: number): void {
    const time = now[TIME]!;
    const inserted = states.insert[slot]!;
    const got = states.getrq[slot]!;
    const queued = states.queue[slot]!;
    let first = (what & PASSED.insert) === 0 ? time : inserted;
    if ((what & PASSED.getrq) !== 0) {
      if (got > first) give('a request was inserted before it was there');
      first = got;
    }
    if ((what & PASSED.queue) !== 0) {
      if (queued > first) give('a request was there before its bio');
      first = queued;
    }
    if (time - first >= MOST_NS) give('a request waited for more than two seconds');
    start[request] = first;
    getrq[request] = got - first;
    insert[request] = inserted - first;
    issue[request] = time - first;
  }

  function completed(cpu: number, sectors: number): void {
    const slot = states.completed();
    if (slot === -1) {
      // The bio of a flush ends as an empty write that was never issued.
      if (sectors > 0) strayed();
      return;
    }
    const request = numbers[slot]!;
    // Of a part: the rest is still in flight.
    if (sectors * SECTOR_BYTES < bytes[request]!) {
      odd.add(now[SECTOR]!);
      return;
    }
    const took = now[TIME]! - start[request]!;
    if (took >= MOST_NS) give('a request took more than two seconds');
    complete[request] = took;
    count.ends(took - issue[request]!);
    if (passed[request]! < EQUAL) {
      passedBy[passed[request]!]!++;
      cpus.completed(submitters[slot]!, cpu);
    }
    if (more[slot]! > 0) more[slot]!--;
    else states.landed(slot);
    if (odd.isOpen) odd.completed(now[SECTOR]!, request);
  }

  function strayed(): void {
    strays.push(now[TIME]!);
    odd.add(now[SECTOR]!);
    if (strays.length > MOST_STRAYS) give('very many requests completed that were never issued');
  }

  function turnTo(tid: number): void {
    if (issuedBy > 0) issuers.set(issuer, (issuers.get(issuer) ?? 0) + issuedBy);
    issuer = tid;
    issuedBy = 0;
  }

  /** Messages between CPUs are looked for up to here. */
  function lookAtOdd(): void {
    if (odd.isOpen) give(MAY_BE_EARLY);
  }

  function finish(): Flown {
    turnTo(-1);
    lookAtOdd();
    if (states.isFull() || cpus.isFull) give('very many requests are under way at a time');
    return { length, requests, cpus, strays, passed: passedBy, everPassed, count: count.counted(), issuers };
  }

  return { issued, completed, lookAtOdd, finish };
}
