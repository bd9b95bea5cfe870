import { IotraceError, quoted } from '../errors.ts';
import type { Source } from '../trace/recording.ts';
import type { NotAnalyzed } from './analyze.ts';

/** Streams, and reasons of each, that are named. */
const MOST_STREAMS = 4;
const MOST_REASONS = 3;

const count = (n: number) => n.toLocaleString('en-US');

/** The error of a recording that gives no report. What could not be read of its streams, which may be why, stands in it. */
export function reportFailed(
  file: string,
  { failure }: NotAnalyzed,
  sources: readonly Pick<Source, 'name' | 'machine' | 'rejects'>[],
): IotraceError {
  const unread = sources.filter(({ rejects }) => rejects.length > 0).slice(0, MOST_STREAMS);
  const what = unread.map((source) => ` ${unreadOf(source)}`).join('');
  return new IotraceError('report-failed', `${quoted(file)}: ${failure}.${what}`, {
    hint: unread.length === 0 ? undefined : 'What could not be read may be why. Copy or record it again.',
  });
}

function unreadOf({ name, machine, rejects }: Pick<Source, 'name' | 'machine' | 'rejects'>): string {
  const reasons = rejects
    .slice(0, MOST_REASONS)
    .map(({ reason, count: times }) =>
      times === 1 ? quoted(reason) : `${count(times)} times: ${quoted(reason)}`,
    );
  return `Of ${quoted(name)} (${machine}): ${reasons.join('; ')}.`;
}
