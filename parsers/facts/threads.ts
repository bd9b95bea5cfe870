import type { ThreadFact } from './facts.ts';
import { ProblemList, type Reading } from './reading.ts';
import { firstLineIs, printable, safeInteger, textLines } from './text-lines.ts';

// tid 8107 IO io0
// spdk tid 2240 reactor_3 cpus 3          (what a daemon's list puts first, and where a thread may run)
const THREAD = /^(?:(\w+) )?tid (\d+) (.+?)(?: cpus [\d,-]+)?$/;

/** Threads of one process. `owner` is the word before `tid`, undefined where there is none. */
export interface ThreadList {
  readonly owner: string | undefined;
  readonly threads: readonly ThreadFact[];
}

/** True when the text begins with a `tid` line. */
export function sniffThreads(text: string): boolean {
  return firstLineIs(text, THREAD);
}

/** Reads a list of threads; of a tid that comes twice the first name is kept. */
export function parseThreads(text: string): Reading<ThreadList> {
  const problems = new ProblemList();
  const names = new Map<number, string>();
  let owner: string | undefined;
  for (const { line, text: entry } of textLines(text)) {
    const match = THREAD.exec(entry);
    const tid = safeInteger(match?.[2] ?? '');
    if (match === null || tid === undefined || tid > 0xffffffff)
      problems.error(line, 'not a thread (tid NUMBER NAME)');
    else if (names.has(tid)) problems.warning(line, `tid ${tid} is listed twice`);
    else {
      owner ??= match[1];
      names.set(tid, printable(match[3]!));
    }
  }
  const threads = [...names].map(([tid, name]) => ({ tid, name }));
  return { data: { owner, threads }, problems: problems.list() };
}
