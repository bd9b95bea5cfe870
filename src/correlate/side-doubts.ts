/** What may be wrong with the rows of both machines: lost ones, found before, and CPUs whose clocks are off, found here. */
import { type Doubts, NO_DOUBTS } from '../trace/doubts.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { countOf } from '../trace/places.ts';
import { clocksByMessages, type SearchedClocks, type Standing } from './clocks-by-messages.ts';
import { findMisclocked, type Misclocked, NO_MACHINE } from './misclocked.ts';
import type { SideDoubts } from './near-gaps.ts';
import type { ThreadFacts } from './threads.ts';

/** A machine's rows, all of them, and what is doubtful about them. */
export interface DoubtedRows {
  readonly rows: Occurrences;
  readonly doubts: Doubts | undefined;
  /** What its messages say of its clocks, where that was looked for before. */
  readonly clocks: SearchedClocks | undefined;
}

/**
 * With fewer requests alone than this, messages between CPUs overlap, and nothing tells an early one from the answer to
 * another: clocks that are off then show only in the order of a file.
 */
const LEAST_ALONE = 0.95;

/** `host`: the host of a guest recording; undefined on bare metal or when it was not recorded. */
export function sideDoubts(
  app: DoubtedRows,
  host: DoubtedRows | undefined,
  facts: ThreadFacts,
  alone: Uint8Array,
): SideDoubts {
  const byTime = countOf(alone, 1) >= alone.length * LEAST_ALONE;
  const all = [app, host].flatMap((side) => side?.doubts ?? []);
  // What was lost is said, or shows only by rows that miss their other half, as those of a clock that is off may.
  const isSaid = all.some(({ isIncomplete, reported }) => isIncomplete || reported.length > 0);
  const isWhole = !all.some(isDoubtful);
  const judge = ({ rows, doubts, clocks }: DoubtedRows, standing: Standing) => {
    const known = byTime ? clocks?.byAll : clocks?.byTied;
    const searched = known ?? clocksByMessages(rows, standing, facts, byTime);
    const singly = byTime && !isSaid ? searched.doubted.filter(({ often }) => often || isWhole) : [];
    return findMisclocked(rows, [...(doubts?.skewed ?? []), ...singly], searched);
  };
  const misclocked = {
    app: judge(app, 'application'),
    host: host === undefined ? NO_MACHINE : judge(host, 'host of a guest'),
  };
  return {
    app: app.doubts ?? NO_DOUBTS,
    host: host?.doubts === undefined ? NO_DOUBTS : withoutRowsOf(misclocked.host, host.rows, host.doubts),
    misclocked,
  };
}

/** Events are known to be missing on either machine. */
export function isLossy({ app, host }: SideDoubts): boolean {
  return [app, host].some(isDoubtful);
}

/** Nothing is doubtful. */
export const SOUND: SideDoubts = {
  app: NO_DOUBTS,
  host: NO_DOUBTS,
  misclocked: { app: NO_MACHINE, host: NO_MACHINE },
};

/** Requests are followed as with `SOUND`: bounds of sound clocks do not matter for that. */
export function isSound(doubts: SideDoubts): boolean {
  const { app, host } = doubts.misclocked;
  return !isLossy(doubts) && app.cpus.size === 0 && host.cpus.size === 0;
}

function isDoubtful({ lossShare, found, reported, isIncomplete }: Doubts): boolean {
  return isIncomplete || lossShare > 0 || found.length > 0 || reported.length > 0;
}

/** The same doubts of the rows that remain: what belongs to a row moves with it. */
function withoutRowsOf({ cpus }: Misclocked, { table }: Occurrences, doubts: Doubts): Doubts {
  if (cpus.size === 0 || doubts.chain === undefined) return doubts;
  return { ...doubts, chain: doubts.chain.filter((_, row) => !cpus.has(table.cpu[row]!)) };
}
