/**
 * A block request completes after it was issued: messages between the CPUs of one machine, told by disk and sector, however
 * many requests are in flight.
 */
import { requestSectors } from '../../parsers/event-kinds.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import { type CpuMessages, MOST_ROWS } from './cpu-messages.ts';
import { isData } from './flights.ts';

/** What is known of one sector of one disk at a moment. */
interface Sector {
  /** The request in flight there. */
  readonly issued: number;
  /** A completion of nothing in flight, the last row of that sector before `issued`. */
  readonly completed: number;
}

const NOTHING: Sector = { issued: NO_ROW, completed: NO_ROW };

/**
 * Issues and completions. A completion that completes nothing is taken for the next request's to the same sector only where
 * that one has no other: it came too early.
 */
export function blockMessages(machine: Occurrences): CpuMessages {
  const messages: CpuMessages = { causes: [], effects: [], alone: [] };
  const { dev, tag, aux } = machine.table;
  /** Disk → sector → what is known of it. */
  const disks = new Map<number, Map<number, Sector>>();
  const add = (cause: number, effect: number) => {
    messages.causes.push(cause);
    messages.effects.push(effect);
    messages.alone.push(true);
  };
  const addEarly = ({ issued, completed }: Sector) => {
    if (issued === NO_ROW || completed === NO_ROW) return;
    if (requestSectors(aux[issued]!) === requestSectors(aux[completed]!)) add(issued, completed);
  };
  const step = (row: number, isIssue: boolean) => {
    if (!isData(aux[row]!, tag[row]!)) return;
    const sectors = disks.get(dev[row]!) ?? new Map<number, Sector>();
    disks.set(dev[row]!, sectors);
    const known = sectors.get(tag[row]!) ?? NOTHING;
    if (isIssue) {
      addEarly(known);
      sectors.set(tag[row]!, { issued: row, completed: known.issued === NO_ROW ? known.completed : NO_ROW });
    } else if (known.issued === NO_ROW) sectors.set(tag[row]!, { issued: NO_ROW, completed: row });
    else {
      add(known.issued, row);
      sectors.delete(tag[row]!);
    }
  };
  eachEnd(machine, step);
  for (const sectors of disks.values()) for (const sector of sectors.values()) addEarly(sector);
  return messages;
}

/** What they are made of. */
export const BLOCK_EVENTS = ['block_rq_issue', 'block_rq_complete'] as const;

/** Rows of both kinds in order of time. */
function eachEnd(machine: Occurrences, take: (row: number, isIssue: boolean) => void): void {
  const issues = machine.rows(BLOCK_EVENTS[0]).subarray(0, MOST_ROWS);
  const completions = machine.rows(BLOCK_EVENTS[1]).subarray(0, MOST_ROWS);
  let completion = 0;
  for (let issue = 0; issue < issues.length; issue++) {
    const row = issues[issue]!;
    for (; completion < completions.length && completions[completion]! < row; completion++)
      take(completions[completion]!, false);
    take(row, true);
  }
  for (; completion < completions.length; completion++) take(completions[completion]!, false);
}
