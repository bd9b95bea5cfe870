import type { EventfdFact } from './facts.ts';
import { ProblemList, type Reading } from './reading.ts';
import { firstLineIs, safeInteger, textLines } from './text-lines.ts';

// fd 10 eventfd-id 4        from `eventfd-id: 4` of /proc/PID/fdinfo/10 (fs/eventfd.c)
const EVENTFD = /^fd (\d+) eventfd-id:? *(\d+)$/;

/** True when the text begins with a descriptor and its eventfd id. */
export function sniffEventfds(text: string): boolean {
  return firstLineIs(text, EVENTFD);
}

/** Descriptors of one process and the eventfds behind them, in the order of the text. */
export function parseEventfds(text: string): Reading<readonly EventfdFact[]> {
  const problems = new ProblemList();
  const data: EventfdFact[] = [];
  for (const { line, text: entry } of textLines(text)) {
    const match = EVENTFD.exec(entry);
    const fd = safeInteger(match?.[1] ?? '');
    const id = safeInteger(match?.[2] ?? '');
    if (fd === undefined || id === undefined)
      problems.error(line, 'not an eventfd (fd NUMBER eventfd-id NUMBER)');
    else data.push({ fd, id });
  }
  return { data, problems: problems.list() };
}
