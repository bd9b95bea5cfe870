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
import { escapeMarkdownText, escapeStrings } from './escape.ts';
import { pipeTable } from './table.ts';
import { clip } from './wrap.ts';

const LONGEST_STRING = 1000;

/** A comparison as Markdown for an issue or a mail; reads as plain text too. */
export function renderDiffMarkdown(model: DiffModel): string {
  const safe = escapeStrings(model, (text) => escapeMarkdownText(clip(text, LONGEST_STRING)));
  const blocks = [
    '### iotrace diff',
    bullets(sideLines(safe)),
    bullets(warnings(safe)),
    `**${diffVerdict(safe)}**`,
    [totalSentence(safe), chanceSentence(safe), powerSentence(safe)].filter(Boolean).join(' '),
    stages(safe),
    methodSentence(safe),
    found(safe),
    settings(safe),
    `Made by ${safe.tool.name} ${safe.tool.version}, diff schema ${safe.diff}.`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function stages(model: DiffModel): string {
  if (model.stages.length === 0) return '';
  const table = diffTable(model);
  const { columns, rows } = table;
  const text = pipeTable(
    columns,
    rows.map(({ cells, shown, side }) =>
      shown === 'no' && side !== null ? cells : cells.map((cell) => (cell === '' ? '' : `**${cell}**`)),
    ),
  );
  return `${text}\n\n${bullets([COLUMN_NOTE, ...markNotes(table)])}`;
}

function found(model: DiffModel): string {
  return model.found.length === 0 ? '' : `Found on one side:\n\n${bullets(model.found.map(settingText))}`;
}

function settings(model: DiffModel): string {
  if (model.settings.length === 0) return '';
  return `<details>\n<summary>Settings that differ (${model.settings.length})</summary>\n\n${bullets(model.settings.map(settingText))}\n\n</details>`;
}

function bullets(texts: readonly string[]): string {
  return texts.map((text) => `- ${text}`).join('\n');
}
