/** What may be wrong with the rows of both machines: lost ones, found before, and CPUs whose clocks are off, found here. */
import { type Doubts, NO_DOUBTS } from '../trace/doubts.ts';
import type { Occurrences } from '../trace/occurrences.ts';
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
  const byTime = alone.reduce((sum, only) => sum + only, 0) >= alone.length * LEAST_ALONE;
  const judge = ({ rows, doubts, clocks }: DoubtedRows, standing: Standing) => {
    const searched = byTime ? clocks?.byAll : clocks?.byTied;
    return findMisclocked(
      rows,
      doubts?.skewed ?? [],
      searched ?? clocksByMessages(rows, standing, facts, byTime),
    );
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
  return [app, host].some(
    ({ lossShare, found, reported, isIncomplete }) =>
      isIncomplete || lossShare > 0 || found.length > 0 || reported.length > 0,
  );
}

/** The same doubts of the rows that remain: what belongs to a row moves with it. */
function withoutRowsOf({ cpus }: Misclocked, { table }: Occurrences, doubts: Doubts): Doubts {
  if (cpus.size === 0 || doubts.chain === undefined) return doubts;
  return { ...doubts, chain: doubts.chain.filter((_, row) => !cpus.has(table.cpu[row]!)) };
}
