/** A comparison as one HTML file, made as the report is (html.ts): the answer, the picture of the differences, the table, what differs in the settings. */
import type { DiffModel } from '../diff/diff-model.ts';
import { type DiffRow, diffTable, markNotes } from './diff-rows.ts';
import {
  COLUMN_NOTE,
  chanceSentence,
  diffVerdict,
  methodSentence,
  powerSentence,
  sideLines,
  totalSentence,
  warnings,
} from './diff-sentences.ts';
import { escapeStrings, escapeTerminal } from './escape.ts';
import { bullets, chart } from './html/blocks.ts';
import { document, type PageAssets } from './html/document.ts';
import { html, type Markup, NOTHING } from './html/markup.ts';
import { clip } from './wrap.ts';

const LONGEST_STRING = 4000;

/** A whole HTML document. `model` comes as it is: foreign strings are escaped here. */
export function renderDiffHtml(model: DiffModel, assets: PageAssets): string {
  const safe = escapeStrings(model, (text) => escapeTerminal(clip(text, LONGEST_STRING)));
  return document('iotrace: two recordings compared', body(safe), { diff: safe }, assets);
}

function body(model: DiffModel): Markup {
  const figures = [totalSentence(model), chanceSentence(model), powerSentence(model)]
    .filter(Boolean)
    .join(' ');
  const doubts = warnings(model);
  return html`<header><p class="eyebrow">iotrace diff</p><h1>A before, B after</h1>${bullets(sideLines(model), 'plain')}</header>
<main><div class="verdict"><p class="lead">${diffVerdict(model)}</p><p>${figures}</p></div>
${doubts.length === 0 ? NOTHING : html`<section id="doubts" aria-labelledby="doubts-h"><h2 id="doubts-h">What limits it</h2>${bullets(doubts)}</section>`}
${model.stages.length === 0 ? NOTHING : stages(model)}
<section id="method" aria-labelledby="method-h"><h2 id="method-h">How it was tested</h2><p>${methodSentence(model)}</p></section>
${differing('found', 'Found on one side', 'what', model.found)}${differing('settings', 'Settings that differ', 'setting', model.settings)}</main>
<footer><p>${model.tool.name} ${model.tool.version}, diff schema ${model.diff}. This file holds everything it shows and asks the network for nothing.</p></footer>
<noscript><p>The charts and sorting need the script of this page; every number is in the tables.</p></noscript>`;
}

function stages(model: DiffModel): Markup {
  const table = diffTable(model);
  const { columns, rows } = table;
  const head = columns.map(({ title, align }, at) =>
    at === 0
      ? html`<th scope="col" aria-sort="ascending"><button type="button">${title}</button></th>`
      : html`<th scope="col" class="${classes(at, align)}"><button type="button">${title}</button></th>`,
  );
  const [total] = rows.slice(-1);
  return html`<section id="stages" aria-labelledby="stages-h"><h2 id="stages-h">Where it differs</h2>
${chart('diff-stacks', 'The mean request of A and of B as stacked bars on one scale; the table below holds the same numbers.')}
<h3>From A to B, stage by stage</h3>
${chart('diff-waterfall', 'What each stage adds to or takes from a request, from the mean of A to the mean of B.')}
<div class="scroll" role="region" aria-labelledby="stages-h" tabindex="0"><table class="diff sortable">
<caption class="hidden">Stages of a request. The buttons in the head sort.</caption>
<thead><tr>${head}</tr></thead><tbody>${rows.slice(0, -1).map(stageRow)}</tbody>
<tfoot><tr><th scope="row">total</th>${total!.cells.slice(1).map((cell, at) => html`<td class="${classes(at + 1, columns[at + 1]!.align)}">${cell}</td>`)}</tr></tfoot></table></div>
${bullets([COLUMN_NOTE, ...markNotes(table)], 'note')}</section>`;
}

/** A narrow page keeps the stage, the difference, its interval and whether it is shown. */
const KEPT_NARROW = new Set([0, 3, 4, 7]);

function classes(at: number, align: 'left' | 'right'): string {
  return [align === 'right' ? 'number' : '', KEPT_NARROW.has(at) ? '' : 'wide'].filter(Boolean).join(' ');
}

function stageRow({ id, title, side, shown, cells, of }: DiffRow): Markup {
  const sorts = [
    of.aNs,
    of.bNs,
    of.ns,
    of.highNs - of.ns,
    of.aNs > 0 ? of.ns / of.aNs : null,
    of.slowerChance,
    shown === 'no' ? 0 : 1,
  ];
  const rest = cells.slice(1).map((cell, at) => {
    const sort = sorts[at] ?? null;
    const value = sort !== null && Number.isFinite(sort) ? String(sort) : '';
    return html`<td class="${classes(at + 1, at < 6 ? 'right' : 'left')}" data-sort="${value}">${cell}</td>`;
  });
  return html`<tr class="${shown === 'no' ? 'stage' : 'stage moved'} ${side ?? ''}"><th scope="row"><span class="name"><b>${id}</b> <span class="title">${title}</span></span></th>${rest}</tr>
`;
}

function differing(id: string, title: string, of: string, all: DiffModel['settings']): Markup {
  if (all.length === 0) return NOTHING;
  const rows = all.map(
    ({ name, a, b }) => html`<tr><th scope="row">${name}</th><td>${a ?? '–'}</td><td>${b ?? '–'}</td></tr>
`,
  );
  return html`<section id="${id}" aria-labelledby="${id}-h"><h2 id="${id}-h">${title}</h2>
<div class="scroll" role="region" aria-labelledby="${id}-h" tabindex="0"><table><thead><tr><th scope="col">${of}</th><th scope="col">A</th><th scope="col">B</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}
