/** The table of all results, for people. */
import type { Check, Figures } from './judge.ts';

export type Verdict = 'passed' | 'failed' | 'wedged' | 'impossible' | 'no time';

export interface Result {
  readonly name: string;
  readonly verdict: Verdict;
  /** Why, when it did not pass. */
  readonly why: string;
  readonly checks: readonly Check[];
  readonly figures: Figures | undefined;
  readonly seconds: number;
  /** How often it was tried. */
  readonly tries: number;
}

/** Versions by what they are of. */
export type Versions = Readonly<Record<string, string>>;

/** One section of the results file: a complete run of a release. */
export function resultsSection(
  heading: string,
  versions: Versions,
  results: readonly Result[],
  minutes: number,
): string {
  const passed = results.filter(({ verdict }) => verdict === 'passed').length;
  const lines = [
    `## ${heading}`,
    '',
    `${passed} of ${results.length} passed, ${minutes.toFixed(1)} minutes. ${Object.entries(versions)
      .map(([of, version]) => `${of} ${version}`)
      .join(', ')}.`,
    '',
    '| configuration | result | path | matched | closure | clock | lost | grade | s |',
    '| ------------- | ------ | ---- | ------- | ------- | ----- | ---- | ----- | - |',
    ...results.map(row),
  ];
  const reasons = results.filter(({ why }) => why !== '').map(({ name, why }) => `- ${name}: ${cell(why)}`);
  return `${[...lines, ...(reasons.length > 0 ? ['', ...reasons] : [])].join('\n')}\n`;
}

function row({ name, verdict, figures, seconds, tries }: Result): string {
  const share = (value: number | undefined) => (value === undefined ? '–' : `${(value * 100).toFixed(1)} %`);
  const cells = [
    name,
    tries > 1 ? `${verdict}, try ${tries}` : verdict,
    figures?.path ?? '–',
    share(figures?.matchedShare),
    share(figures?.closure),
    figures?.clock ?? '–',
    figures === undefined ? '–' : String(figures.lost),
    figures?.grade ?? '–',
    seconds.toFixed(0),
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

const cell = (text: string) =>
  text
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();

/** 'name: passed …' and what did not hold, for who waits. */
export function resultLine({ name, verdict, why, seconds, figures }: Result): string {
  const what =
    figures === undefined
      ? ''
      : `, ${(figures.matchedShare * 100).toFixed(1)} % matched, ${figures.variants}`;
  return `${verdict.padEnd(7)} ${name} (${seconds.toFixed(0)} s${what})${why === '' ? '' : `\n        ${why.replaceAll('\n', '\n        ')}`}`;
}
