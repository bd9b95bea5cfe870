/** Edits of a text, applied, and as a unified diff. */

/** `text` replaces what stands between the offsets. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const CONTEXT = 3;

/** The text with all edits. They must not overlap; those at one offset stay in their order. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let out = '';
  let at = 0;
  for (const edit of sorted(edits)) {
    out += text.slice(at, edit.from) + edit.text;
    at = edit.to;
  }
  return out + text.slice(at);
}

function sorted(edits: readonly Edit[]): readonly Edit[] {
  return edits.toSorted((a, b) => a.from - b.from);
}

/** A run of whole lines that changes. Line numbers from 0, `to` exclusive. */
interface Change {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

/** A unified diff with three lines of context; '' without edits. Names are printed as given. */
export function unifiedDiff(
  text: string,
  edits: readonly Edit[],
  names: readonly [from: string, to: string],
): string {
  if (edits.length === 0) return '';
  const lines = text.split('\n');
  const changes = changesOf(text, lines, edits);
  const hunks: Change[][] = [];
  for (const change of changes) {
    const last = hunks.at(-1)?.at(-1);
    if (last !== undefined && change.from - last.to <= 2 * CONTEXT) hunks.at(-1)!.push(change);
    else hunks.push([change]);
  }
  let shift = 0;
  const body = hunks.map((hunk) => {
    const out = hunkText(lines, hunk, shift);
    shift += hunk.reduce((sum, { from, to, lines: own }) => sum + own.length - (to - from), 0);
    return out;
  });
  return `--- ${names[0]}\n+++ ${names[1]}\n${body.join('')}`;
}

/** Edits as changes of whole lines; edits that share a line are one change, and lines that stay are not part of it. */
function changesOf(text: string, lines: readonly string[], edits: readonly Edit[]): Change[] {
  const starts = [0];
  for (const line of lines) starts.push(starts.at(-1)! + line.length + 1);
  const lineOf = (offset: number) => starts.findLastIndex((start) => start <= offset);
  const groups: { from: number; to: number; edits: Edit[] }[] = [];
  for (const edit of sorted(edits)) {
    const from = lineOf(edit.from);
    const to = lineOf(edit.to) + 1;
    const last = groups.at(-1);
    if (last !== undefined && from < last.to) {
      last.to = Math.max(last.to, to);
      last.edits.push(edit);
    } else groups.push({ from, to, edits: [edit] });
  }
  return groups.map(({ from, to, edits: own }) => {
    const begin = starts[from]!;
    const old = text.slice(begin, starts[to]! - 1);
    const moved = own.map((edit) => ({ ...edit, from: edit.from - begin, to: edit.to - begin }));
    return trimmed({ from, to, lines: applyEdits(old, moved).split('\n') }, lines);
  });
}

/** Without the lines at either end that do not change. */
function trimmed({ from, to, lines: next }: Change, lines: readonly string[]): Change {
  let head = 0;
  while (from + head < to && head < next.length && lines[from + head] === next[head]) head++;
  let tail = 0;
  while (
    to - tail > from + head &&
    next.length - tail > head &&
    lines[to - tail - 1] === next[next.length - tail - 1]
  )
    tail++;
  return { from: from + head, to: to - tail, lines: next.slice(head, next.length - tail) };
}

function hunkText(lines: readonly string[], changes: readonly Change[], shift: number): string {
  const first = Math.max(0, changes[0]!.from - CONTEXT);
  // The empty string after the last newline is no line.
  const end = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  const last = Math.min(end, changes.at(-1)!.to + CONTEXT);
  const out: string[] = [];
  let at = first;
  let added = 0;
  for (const { from, to, lines: own } of changes) {
    for (; at < from; at++) out.push(` ${lines[at]}`);
    for (; at < to; at++) out.push(`-${lines[at]}`);
    for (const line of own) out.push(`+${line}`);
    added += own.length - (to - from);
  }
  for (; at < last; at++) out.push(` ${lines[at]}`);
  if (end === lines.length && last === end) markMissingNewline(out);
  const old = last - first;
  return `@@ -${first + 1},${old} +${first + 1 + shift},${old + added} @@\n${out.join('\n')}\n`;
}

/** A text whose last line has no newline: both its old and its new last line are followed by diff's remark. */
function markMissingNewline(out: string[]): void {
  const remark = '\\ No newline at end of file';
  const oldLast = out.findLastIndex((line) => !line.startsWith('+'));
  const newLast = out.findLastIndex((line) => !line.startsWith('-'));
  for (const at of new Set([Math.max(oldLast, newLast), Math.min(oldLast, newLast)]))
    if (at >= 0) out.splice(at + 1, 0, remark);
}
