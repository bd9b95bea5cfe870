/**
 * Block requests of one disk between their issue and their completion. Enters: rows of block events in order of time. Leaves:
 * requests, numbered in the order of their issue, with the rows of both ends.
 */
import { DIRECTION, requestDirection, requestSectors } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import { NO_ROW } from '../trace/units.ts';
import { BySector } from './by-sector.ts';

/** Why a block request cannot be followed, decided on its own machine alone. */
export const APP_REJECTS = {
  none: 0,
  neverCompleted: 1,
  equalSectors: 2,
  /** Not a request at all: the driver gave it back, and it was issued again. Left out of the table. */
  requeued: 3,
  /** Asked for by a task that was not recorded. */
  otherTask: 4,
  /** Only the host was recorded, and no request came after it. */
  lastCycle: 5,
  /** Only the host was recorded, and another request was in flight. */
  noCycle: 6,
  /** An event is missing, and with it which call told its task that it is done. */
  unsureReturn: 7,
  /** An event is missing, and with it which call asked for it. */
  unsureCall: 8,
} as const;

/** No request of this disk. */
export const NO_REQUEST = -1;
/** A request of this disk whose issue is not in the recording. */
export const STRAY = -2;

/** Reads and writes. A tracer that did not record the direction (other) leaves only flushes to tell: they have no sector. */
export function isData(aux: number, sector: number): boolean {
  const direction = requestDirection(aux);
  if (direction === DIRECTION.other) return sector > 0;
  return direction === DIRECTION.read || direction === DIRECTION.write;
}

export class Flights {
  readonly device: number;
  /** Requests so far. */
  length = 0;
  /** By request: rows of its ends, and why it cannot be followed. */
  readonly issued: Int32Array;
  readonly completed: Int32Array;
  readonly reject: Uint8Array;
  /** Rows of completions whose issue is not in the recording: it lies before it, or was lost. */
  readonly strays: number[] = [];
  readonly #table: EventTable;
  #wasRequeued = false;
  /** By first sector. */
  readonly #inFlight = new BySector<number>();
  /** First sector → completions to swallow because the requests there are rejected as equal. */
  readonly #equal = new Map<number, number>();

  /** There are at most `most` requests. */
  constructor(table: EventTable, device: number, most: number) {
    this.#table = table;
    this.device = device;
    this.issued = new Int32Array(most);
    this.completed = new Int32Array(most).fill(NO_ROW);
    this.reject = new Uint8Array(most);
  }

  /** A read or write of the disk that is followed. */
  isOurs(row: number): boolean {
    const { dev, aux, tag } = this.#table;
    return dev[row] === this.device && isData(aux[row]!, tag[row]!);
  }

  /** A row of block_rq_issue; returns the number of the request. */
  issue(row: number): number {
    const sector = this.#table.tag[row]!;
    const request = this.length++;
    this.issued[request] = row;
    const other = this.#inFlight.get(sector);
    if (other !== undefined) {
      this.reject[other] = APP_REJECTS.equalSectors;
      this.reject[request] = APP_REJECTS.equalSectors;
      this.#equal.set(sector, (this.#equal.get(sector) ?? 0) + 1);
    }
    this.#inFlight.set(sector, request);
    return request;
  }

  /** A row of block_rq_requeue: the driver had no room. Returns the request that waits to be issued once more. */
  requeue(row: number): number {
    const sector = this.#table.tag[row]!;
    const request = this.#inFlight.get(sector);
    if (request === undefined || this.reject[request] !== APP_REJECTS.none) return NO_REQUEST;
    this.reject[request] = APP_REJECTS.requeued;
    this.#wasRequeued = true;
    this.#inFlight.delete(sector);
    return request;
  }

  /** A row of block_rq_complete; returns the request that is complete by it, NO_REQUEST or STRAY. */
  complete(row: number): number {
    const { aux, tag } = this.#table;
    const sector = tag[row]!;
    const request = this.#inFlight.get(sector);
    if (request === undefined) {
      // The bio of a flush ends as an empty write that was never issued (block/blk-flush.c).
      if (requestSectors(aux[row]!) === 0) return NO_REQUEST;
      this.strays.push(row);
      return STRAY;
    }
    // A partial completion leaves the rest of the request in flight; its last part completes it.
    if (requestSectors(aux[row]!) < requestSectors(aux[this.issued[request]!]!)) return NO_REQUEST;
    this.completed[request] = row;
    const equal = this.#equal.size === 0 ? 0 : (this.#equal.get(sector) ?? 0);
    if (equal > 0) this.#equal.set(sector, equal - 1);
    else this.#inFlight.delete(sector);
    return request;
  }

  /** A column over all requests without those that were issued again: in the same memory where there are none. */
  kept<Column extends Int32Array | Uint8Array>(column: Column): Column {
    if (!this.#wasRequeued) return column.subarray(0, this.length) as Column;
    const values = column.slice(0, this.length);
    let length = 0;
    for (let request = 0; request < this.length; request++)
      if (this.reject[request] !== APP_REJECTS.requeued) values[length++] = column[request]!;
    return values.subarray(0, length) as Column;
  }
}
