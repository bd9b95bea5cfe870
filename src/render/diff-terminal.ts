import type { DiffModel } from '../diff/diff-model.ts';
import { diffTable, markNotes } from './diff-rows.ts';
import {
  COLUMN_NOTE,
  chanceSentence,
  diffVerdict,
  methodSentence,
  powerSentence,
  settingText,
  sideLines,
  totalSentence,
  warnings,
} from './diff-sentences.ts';
import { escapeStrings, escapeTerminal } from './escape.ts';
import { createPaint } from './paint.ts';
import { layoutTable } from './table.ts';
import type { TerminalOptions } from './terminal.ts';
import { clip, hang, wrapText } from './wrap.ts';

const DEFAULT_WIDTH = 79;
const LONGEST_STRING = 300;

/** A comparison for a terminal: what was compared, the answer, its figures, the stages, then what differs in the settings. */
export function renderDiffTerminal(
  model: DiffModel,
  { width = DEFAULT_WIDTH, color = false }: TerminalOptions = {},
): string {
  const safe = escapeStrings(model, (text) => escapeTerminal(clip(text, LONGEST_STRING)));
  const columns = Math.min(160, Math.max(72, Math.floor(width)));
  const paint = createPaint(color);
  const wrapped = (text: string) => (text === '' ? [] : wrapText(text, columns));
  const bullets = (texts: readonly string[]) =>
    texts.flatMap((text) => hang('-', wrapText(text, columns - 2), 2));
  const settings = safe.settings.map(settingText);
  const sections = [
    sideLines(safe).flatMap(wrapped),
    bullets(warnings(safe)),
    [
      ...wrapped(diffVerdict(safe)).map(paint.strong),
      ...wrapped([totalSentence(safe), chanceSentence(safe), powerSentence(safe)].filter(Boolean).join(' ')),
    ],
    stages(safe, columns, paint),
    wrapped(methodSentence(safe)).map(paint.faint),
    safe.found.length === 0 ? [] : ['found on one side', ...bullets(safe.found.map(settingText))],
    settings.length === 0 ? [] : ['settings that differ', ...bullets(settings)],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** Stages that moved stand out; a total alone needs no table. */
function stages(model: DiffModel, width: number, paint: ReturnType<typeof createPaint>): string[] {
  if (model.stages.length === 0) return [];
  const table = diffTable(model);
  const { columns, rows } = table;
  const [head = [], ...body] = layoutTable(
    columns,
    rows.map(({ cells }) => cells),
    width,
  );
  return [
    ...head.map(paint.strong),
    ...body.flatMap((lines, at) => (rows[at]!.shown === 'no' ? lines : lines.map(paint.strong))),
    ...[COLUMN_NOTE, ...markNotes(table)].flatMap((text) => wrapText(text, width)).map(paint.faint),
  ];
}
