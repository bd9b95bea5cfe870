/**
 * A block request completes after it was issued: messages between the CPUs of one machine, told by disk and sector, however
 * many requests are in flight.
 */
import { requestSectors } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import { BySector } from './by-sector.ts';
import { type CpuMessages, MOST_ROWS } from './cpu-messages.ts';
import { isData } from './flights.ts';

/** What is known of one sector of one disk at a moment. */
interface Sector {
  /** The request in flight there. */
  readonly issued: number;
  /** A completion of nothing in flight, the last row of that sector before `issued`. */
  readonly completed: number;
}

/**
 * Issues and completions. A completion that completes nothing is taken for the next request's to the same sector only where
 * that one has no other: it came too early.
 */
export function blockMessages(machine: Occurrences): CpuMessages {
  const walk = new Walk(machine.table);
  const issues = machine.rows(BLOCK_EVENTS[0]).subarray(0, MOST_ROWS);
  const completions = machine.rows(BLOCK_EVENTS[1]).subarray(0, MOST_ROWS);
  let completion = 0;
  for (let issue = 0; issue < issues.length; issue++) {
    const row = issues[issue]!;
    for (; completion < completions.length && completions[completion]! < row; completion++)
      walk.step(completions[completion]!, false);
    walk.step(row, true);
  }
  for (; completion < completions.length; completion++) walk.step(completions[completion]!, false);
  walk.finish();
  return walk.messages;
}

/** Takes the rows of both kinds in order of time. */
class Walk {
  readonly messages: CpuMessages = { causes: [], effects: [], alone: [] };
  readonly #table: EventTable;
  /** Disk → sector → what is known of it. */
  readonly #disks = new Map<number, BySector<Sector>>();

  constructor(table: EventTable) {
    this.#table = table;
  }

  step(row: number, isIssue: boolean): void {
    const { dev, tag, aux } = this.#table;
    const sector = tag[row]!;
    if (!isData(aux[row]!, sector)) return;
    const sectors = this.#sectorsOf(dev[row]!);
    const known = sectors.get(sector);
    if (isIssue) {
      if (known !== undefined) this.#addEarly(known);
      const completed = known === undefined || known.issued !== NO_ROW ? NO_ROW : known.completed;
      sectors.set(sector, { issued: row, completed });
    } else if (known === undefined || known.issued === NO_ROW)
      sectors.set(sector, { issued: NO_ROW, completed: row });
    else {
      this.#add(known.issued, row);
      sectors.delete(sector);
    }
  }

  /** What is known of sectors that nothing follows on. */
  finish(): void {
    for (const sectors of this.#disks.values()) for (const sector of sectors.values()) this.#addEarly(sector);
  }

  #sectorsOf(disk: number): BySector<Sector> {
    let sectors = this.#disks.get(disk);
    if (sectors === undefined) {
      sectors = new BySector();
      this.#disks.set(disk, sectors);
    }
    return sectors;
  }

  #addEarly({ issued, completed }: Sector): void {
    if (issued === NO_ROW || completed === NO_ROW) return;
    const { aux } = this.#table;
    if (requestSectors(aux[issued]!) === requestSectors(aux[completed]!)) this.#add(issued, completed);
  }

  #add(cause: number, effect: number): void {
    this.messages.causes.push(cause);
    this.messages.effects.push(effect);
    this.messages.alone.push(true);
  }
}

/** What they are made of. */
export const BLOCK_EVENTS = ['block_rq_issue', 'block_rq_complete'] as const;
