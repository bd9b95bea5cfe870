/**
 * What a request passed in its machine's block layer before the driver took it: its first bio, its allocation, a scheduler. Enters:
 * rows of one disk's block events in order of time. Leaves: those rows by the request that is issued.
 *
 * A bio is known by its first sector from block_bio_queue on, and so is its request from block_getrq on (block/blk-mq.c). One that is
 * merged has no request of its own; one that is merged to the front gives its sector to the request.
 */
import { requestSectors } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import { NO_ROW } from '../trace/units.ts';
import { BySector } from './by-sector.ts';

/** Rows of block_bio_queue, block_getrq and block_rq_insert; NO_ROW where one was not observed. */
export interface Passed {
  queue: number;
  getrq: number;
  insert: number;
  /** Several bios begin there: whose rows are whose, nothing tells. */
  isUnsure: boolean;
}

const NOTHING: Readonly<Passed> = { queue: NO_ROW, getrq: NO_ROW, insert: NO_ROW, isUnsure: false };
/** More than wait anywhere: what is left over then was never issued. */
const MOST_WAITING = 1 << 16;

export class BlockSteps {
  readonly #table: EventTable;
  /** By first sector, of those that were not issued yet. */
  readonly #waiting = new BySector<Passed>();
  /** The bio that was queued last: its row, and its sectors. */
  #bio = { row: NO_ROW, from: 0, to: 0 };
  /** Of a request that was issued: its object is for the next. */
  #spare: Passed | undefined;

  constructor(table: EventTable) {
    this.#table = table;
  }

  /** A row of block_bio_queue. */
  queue(row: number): void {
    const sector = this.#table.tag[row]!;
    const isUnsure = this.#waiting.get(sector) !== undefined;
    this.#bio.row = row;
    this.#bio.from = sector;
    this.#bio.to = sector + requestSectors(this.#table.aux[row]!);
    this.#wait(sector, this.#passed(row, isUnsure));
  }

  /**
   * A row of block_getrq. What is left of a bio that was split gets a request too, and is not queued anew (block/blk-core.c
   * `submit_bio_noacct_nocheck`): it was when the whole bio was, the last one before it.
   */
  getrq(row: number): void {
    const passed = this.#at(row);
    const sector = this.#table.tag[row]!;
    passed.getrq = row;
    if (passed.queue === NO_ROW && sector > this.#bio.from && sector < this.#bio.to)
      passed.queue = this.#bio.row;
  }

  /** A row of block_rq_insert. */
  insert(row: number): void {
    this.#at(row).insert = row;
  }

  /** A row of block_bio_backmerge or block_rq_merge: what begins there is part of the request before it. */
  merge(row: number): void {
    this.#waiting.delete(this.#table.tag[row]!);
  }

  /** A row of block_bio_frontmerge: the request behind the bio begins with it from now on. */
  frontMerge(row: number): void {
    const sector = this.#table.tag[row]!;
    const behind = sector + requestSectors(this.#table.aux[row]!);
    const request = this.#waiting.get(behind);
    this.#waiting.delete(behind);
    if (request === undefined) this.#waiting.delete(sector);
    else this.#waiting.set(sector, request);
  }

  /** A row of block_rq_requeue: what the request passed before still stands. */
  putBack(row: number, passed: Omit<Passed, 'isUnsure'>): void {
    this.#wait(this.#table.tag[row]!, { ...passed, isUnsure: false });
  }

  /** A row of block_rq_issue: what its request has passed, to be looked at before the next row. */
  issue(row: number): Readonly<Passed> {
    const sector = this.#table.tag[row]!;
    const passed = this.#waiting.get(sector);
    if (passed === undefined || passed.isUnsure) return NOTHING;
    this.#waiting.delete(sector);
    this.#spare = passed;
    return passed;
  }

  /** A row of block_rq_complete: of several bios there none is waiting any more, or which is, is not known. */
  complete(row: number): void {
    const sector = this.#table.tag[row]!;
    if (this.#waiting.get(sector)?.isUnsure === true) this.#waiting.delete(sector);
  }

  #at(row: number): Passed {
    const sector = this.#table.tag[row]!;
    let passed = this.#waiting.get(sector);
    if (passed === undefined) {
      passed = this.#passed(NO_ROW, false);
      this.#wait(sector, passed);
    }
    return passed;
  }

  #passed(queue: number, isUnsure: boolean): Passed {
    const passed = this.#spare ?? { ...NOTHING };
    this.#spare = undefined;
    passed.queue = queue;
    passed.getrq = NO_ROW;
    passed.insert = NO_ROW;
    passed.isUnsure = isUnsure;
    return passed;
  }

  #wait(sector: number, passed: Passed): void {
    if (this.#waiting.size >= MOST_WAITING) this.#waiting.clear();
    this.#waiting.set(sector, passed);
  }
}
