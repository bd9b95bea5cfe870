import type { ClockId } from '../format.ts';
import type { ClockPairFact } from './facts.ts';
import { ProblemList, type Reading } from './reading.ts';
import { bigInteger, firstLineIs, safeInteger, textLines } from './text-lines.ts';

// mono 758768782723 tsc 1970844886156 width 104
const PAIR = /^(\w+) (\d+) tsc (\d+) width (\d+)$/;

const CLOCKS: ReadonlyMap<string, ClockId> = new Map(
  Object.entries({
    mono: 'mono',
    mono_raw: 'mono_raw',
    boot: 'boot',
    real: 'realtime',
    tai: 'tai',
  } as const),
);

/** True when the text begins with a reading of a clock and the TSC. */
export function sniffClockPairs(text: string): boolean {
  return firstLineIs(text, PAIR);
}

/** Pairs of a clock (ns) and the TSC in the order of the text. */
export function parseClockPairs(text: string): Reading<readonly ClockPairFact[]> {
  const problems = new ProblemList();
  const data: ClockPairFact[] = [];
  for (const { line, text: entry } of textLines(text)) {
    const match = PAIR.exec(entry);
    const clock = match === null ? undefined : CLOCKS.get(match[1]!);
    const ns = bigInteger(match?.[2] ?? '');
    const tsc = bigInteger(match?.[3] ?? '');
    const widthTicks = safeInteger(match?.[4] ?? '');
    if (match === null || ns === undefined || tsc === undefined || widthTicks === undefined) {
      problems.error(line, 'not a clock reading (CLOCK NS tsc TICKS width TICKS)');
    } else if (clock === undefined) problems.error(line, 'a clock of an unknown name');
    else data.push({ clock, ns, tsc, widthTicks });
  }
  return { data, problems: problems.list() };
}
