/**
 * The report as one HTML file that opens from disk: no request leaves it, and its policy says so. All numbers are in its tables, which
 * need no script; charts, sorting and the request picker do.
 */
import type { PictureModel } from '../picture/picture-model.ts';
import type { ReportModel } from '../report/report-model.ts';
import { escapeStrings, escapeTerminal } from './escape.ts';
import { document, type PageAssets } from './html/document.ts';
import { environmentSection, findingsSection, placesSection } from './html/facts-section.ts';
import { html, type Markup, NOTHING } from './html/markup.ts';
import { latencySection, requestSection, variantSection } from './html/request-sections.ts';
import { stageSection } from './html/stage-section.ts';
import { trustSection } from './html/trust-section.ts';
import { aboutParts, contradiction, slowSentence, splitSentence, verdictLine } from './sentences.ts';
import { stageTable } from './stage-rows.ts';
import { clip } from './wrap.ts';

const LONGEST_STRING = 4000;

/** A whole HTML document. `model` and `picture` come as they are: foreign strings are escaped here. */
export function renderHtml(model: ReportModel, picture: PictureModel, assets: PageAssets): string {
  const harmless = (text: string) => escapeTerminal(clip(text, LONGEST_STRING));
  const safe = escapeStrings(model, harmless);
  const drawn = escapeStrings(picture, harmless);
  return document(pageTitle(safe), body(safe, drawn), { model: safe, picture: drawn }, assets);
}

function pageTitle(model: ReportModel): string {
  return model.recording.title === '' ? `iotrace: ${model.path.title}` : `iotrace: ${model.recording.title}`;
}

function body(model: ReportModel, picture: PictureModel): Markup {
  const measured = model.requests.matched > 0;
  const sections = measured
    ? numbers(model, picture)
    : [verdict([noTimes(model)]), trustSection(model, picture), findingsSection(model)];
  return html`<header><p class="eyebrow">iotrace report</p><h1>${model.recording.title === '' ? model.path.title : model.recording.title}</h1>
<p class="about">${aboutParts(model).map((part) => html`<span>${part}</span>`)}</p></header>
<main>${sections}${placesSection(model)}${environmentSection(model)}</main>
<footer><p>${model.tool.name} ${model.tool.version}, report schema ${model.schema}. This file holds everything it shows and asks the network for nothing.</p></footer>
<noscript><p>The charts, sorting and the request picker need the script of this page; every number is in the tables.</p></noscript>`;
}

function noTimes({ requests }: ReportModel): string {
  const none = requests.seen === 0 ? 'No request was seen' : 'No request could be followed from end to end';
  return `${none}, so there are no times to show.`;
}

function numbers(model: ReportModel, picture: PictureModel): Markup[] {
  const table = stageTable(model);
  return [
    verdict([
      contradiction(table),
      verdictLine(model, table),
      splitSentence(model, table),
      slowSentence(model, table),
    ]),
    trustSection(model, picture),
    stageSection(model, table),
    findingsSection(model),
    latencySection(model, table, picture),
    variantSection(model, table),
    requestSection(picture),
  ];
}

/** The first sentence large, the others below it. */
function verdict(sentences: readonly string[]): Markup {
  const [first = '', ...rest] = sentences.filter((text) => text !== '');
  return html`<div class="verdict"><p class="lead">${first}</p>${rest.length === 0 ? NOTHING : html`<p>${rest.join(' ')}</p>`}</div>`;
}
