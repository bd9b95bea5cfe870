/** Whether a shared copy gives the report of its original, names aside. */
import { rm } from 'node:fs/promises';
import { IotraceError, messageOf, quoted } from '../errors.ts';
import type { ReportModel } from '../report/report-model.ts';
import type { Pseudonyms } from '../share/pseudonyms.ts';
import { type ReportOptions, reportBundle } from './report.ts';
import type { Say } from './say.ts';

/**
 * Reports both and compares every table, names replaced as in the copy. Throws an IotraceError and removes the copy when
 * they differ: a copy that shows other figures is worse than none. A recording that gives no report is shared unchecked, and
 * that is said.
 */
export async function sameReport(
  file: string,
  copy: string,
  options: Pick<ReportOptions, 'path' | 'tscHz'>,
  names: Pseudonyms,
  say: Say,
): Promise<void> {
  const how = { ...options, format: 'json', minGrade: 'F', color: false, width: 79 } as const;
  const original = await reportBundle(file, how, () => undefined).catch((error: unknown) => messageOf(error));
  if (typeof original === 'string') {
    say(`not checked, as ${quoted(file)} itself gives no report: ${original}`);
    return;
  }
  const shared = await reportBundle(copy, how, () => undefined);
  const differing = differingTables(original.model, shared.model, names);
  if (differing.length === 0) {
    say('checked: the report of the copy has the same tables');
    return;
  }
  await rm(copy);
  throw new IotraceError('share-differs', `The copy would show other figures: ${differing.join(', ')}.`, {
    hint: 'This is a fault of iotrace. Please report it, with the output of --dry-run.',
  });
}

/** Parts of a report that are not its tables: names of files, free text, what made it. */
const ASIDE: ReadonlySet<string> = new Set(['tool', 'recording', 'environment']);

/** Tables in which the reports differ, when every name and pseudonym in either is made the same. */
export function differingTables(a: ReportModel, b: ReportModel, names: Pseudonyms): string[] {
  const words = names.replacements().flatMap(({ original, pseudonym }) => [original, pseudonym]);
  const longestFirst = [...new Set(words)].sort((one, other) => other.length - one.length);
  const nameless = (text: string) =>
    longestFirst.reduce((result, word) => result.replaceAll(word, NAME), text);
  const plain = (value: unknown) =>
    JSON.stringify(value, (_, inner) => (typeof inner === 'string' ? nameless(inner) : inner));
  return (Object.keys(a) as (keyof ReportModel)[]).filter(
    (table) => !ASIDE.has(table) && plain(a[table]) !== plain(b[table]),
  );
}

/** Stands for any name; no name can hold it, as readers take no control characters. */
const NAME = '\u0000';
