import type { ProblemList } from './reading.ts';
import { printable } from './text-lines.ts';

/**
 * Finds the JSON object in a text that other programs also wrote to: warnings before and after it, and the markers
 * of an unfinished git merge inside it. Lines are blanked, never removed, so that places stay those of the file.
 *
 *   fio: clocksource=cpu may not be reliable        ← skipped, a warning names the line
 *   {
 *   <<<<<<<< HEAD:results/qd-1-run-1.json           ← 'ours' begins (7 or more of the character)
 *   ||||||| base (diff3 style)                      ← skipped up to =======
 *   ========                                        ← 'theirs' begins, skipped
 *   >>>>>>>> cd25aa8 (Compare …):results/qd-1.json  ← both sides again
 *
 * Git labels a side with the path it comes from where a rename was involved: when only the label of 'theirs' ends with `path` (folder
 * and name of the file), that side is this file's own, and is taken instead.
 */
export function readJsonObject(text: string, problems: ProblemList, path?: string): unknown {
  const lines = text.split('\n');
  if (!takeSide(lines, sideNamed(lines, path), problems)) return undefined;
  const first = lines.findIndex((line) => line.trimStart().startsWith('{'));
  if (first === -1) {
    problems.error(0, 'no JSON object: no line begins with {');
    return undefined;
  }
  skipLines(lines, 0, first, 'before the JSON object', problems);
  const end = objectEnd(lines, first);
  if (end === undefined) {
    problems.error(lines.length, 'the JSON object does not end: the file is cut off');
    return undefined;
  }
  const second = lines.findIndex((line, index) => index > end.line && line.trimStart().startsWith('{'));
  if (second !== -1) {
    problems.error(
      second + 1,
      'a second JSON object begins (fio --status-interval?): give one result a file',
    );
    return undefined;
  }
  lines[end.line] = lines[end.line]!.slice(0, end.column);
  skipLines(lines, end.line + 1, lines.length, 'after the JSON object', problems);
  return parseLines(lines, problems);
}

type Side = 'both' | 'ours' | 'base' | 'theirs';

const MARKER = /^(<{7,}|\|{7,}|={7,}|>{7,})(\s|$)/;

/** Which side follows a marker, given the side it stands in; undefined where that marker may not stand. */
const AFTER_MARKER: Readonly<Record<string, Readonly<Partial<Record<Side, Side>>>>> = {
  '<': { both: 'ours' },
  '|': { ours: 'base' },
  '=': { ours: 'theirs', base: 'theirs' },
  '>': { theirs: 'both' },
};

/** The side whose label names this file; 'ours' where none or both do. */
function sideNamed(lines: readonly string[], path: string | undefined): 'ours' | 'theirs' {
  const own = path?.split(/[/\\]/).slice(-2).join('/');
  if (own === undefined || !own.includes('/')) return 'ours';
  const names = (marker: RegExp) =>
    lines.some((line) => marker.test(line) && line.trimEnd().endsWith(`/${own}`));
  return names(/^>{7,}\s/) && !names(/^<{7,}\s/) ? 'theirs' : 'ours';
}

/** Blanks markers and every side but the one taken; false when the markers do not pair up. */
function takeSide(lines: string[], taken: 'ours' | 'theirs', problems: ProblemList): boolean {
  let side: Side = 'both';
  for (const [index, line] of lines.entries()) {
    const marker = MARKER.exec(line);
    if (marker !== null) {
      const next: Side | undefined = AFTER_MARKER[marker[1]![0]!]![side];
      if (next === undefined) {
        problems.error(index + 1, `conflict marker ${marker[1]} where none can stand`);
        return false;
      }
      if (next === 'ours')
        problems.warning(
          index + 1,
          taken === 'ours'
            ? `git conflict: 'ours' is used (${label(line)})`
            : "git conflict: 'theirs' is used, as its label names this file",
        );
      side = next;
    }
    if (marker !== null || (side !== 'both' && side !== taken)) lines[index] = '';
  }
  if (side === 'both') return true;
  problems.error(lines.length, 'a git conflict is not closed at the end of the file');
  return false;
}

function label(line: string): string {
  return printable(line.replace(/^<+\s*/, '')) || 'no label';
}

function skipLines(lines: string[], from: number, to: number, where: string, problems: ProblemList): void {
  for (let index = from; index < to; index++) {
    if (lines[index]!.trim() === '') continue;
    problems.warning(index + 1, `text ${where} is skipped: ${printable(lines[index]!)}`);
    lines[index] = '';
  }
}

/** Place just after the brace that closes the object beginning in line `first`; strings are respected. */
function objectEnd(lines: readonly string[], first: number): { line: number; column: number } | undefined {
  let depth = 0;
  let inString = false;
  for (let line = first; line < lines.length; line++) {
    const text = lines[line]!;
    for (let column = 0; column < text.length; column++) {
      const char = text[column]!;
      if (inString) {
        if (char === '\\') column++;
        else if (char === '"') inString = false;
      } else if (char === '"') inString = true;
      else if (char === '{') depth++;
      else if (char === '}' && --depth === 0) return { line, column: column + 1 };
    }
    inString = false; // JSON strings do not span lines
  }
  return undefined;
}

function parseLines(lines: readonly string[], problems: ProblemList): unknown {
  const text = lines.join('\n');
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    // Node 20: 'Expected ',' … in JSON at position 1234', later versions add '(line 5 column 6)'
    const position = /position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? 0 : text.slice(0, Number(position)).split('\n').length;
    problems.error(line, `not JSON: ${printable(lines[line - 1] ?? message)}`);
    return undefined;
  }
}
