import type { PictureModel } from '../../picture/picture-model.ts';
import type { ReportModel } from '../../report/report-model.ts';
import { applicationParts, clockParts, littlesLawLine, notObservedLines } from '../details.ts';
import { formatCount, formatDuration, plural } from '../format-ns.ts';
import { gradeReasons, leftOutLines, lossLines, verdictParts } from '../sentences.ts';
import { bullets, chart, folded, pairs } from './blocks.ts';
import { html, type Markup, NOTHING } from './markup.ts';

/** Everything that says how far the numbers can be trusted: grade, losses on the time axis, clocks, overhead. */
export function trustSection(model: ReportModel, picture: PictureModel): Markup {
  const { letter } = model.grade;
  const reasons = gradeReasons(model);
  return html`<section id="trust" aria-labelledby="trust-h">
<h2 id="trust-h">How far to trust it</h2>
<div class="trust"><p class="grade grade-${letter}"><span>grade</span> <b>${letter}</b></p>
<div>${bullets(verdictParts(model), 'verdict-parts')}
${reasons.length === 0 ? NOTHING : html`<h3>Why not A</h3>${bullets(reasons)}`}
${leftOut(model)}</div></div>
${chart('losses', lossAlternative(model, picture))}
${gapNote(model, picture)}
${folded('Clocks, application, queue depth', details(model))}
${notObserved(model)}
</section>`;
}

function leftOut(model: ReportModel): Markup {
  const lines = [...leftOutLines(model), ...lossLines(model)];
  return lines.length === 0 ? NOTHING : html`<h3>Left out, lost</h3>${bullets(lines)}`;
}

function lossAlternative({ requests }: ReportModel, { gaps, spanNs }: PictureModel): string {
  return `Time axis of ${formatDuration(spanNs)}: ${plural(requests.matched, 'request')} followed, ${formatCount(requests.seen - requests.matched)} left out, ${plural(gaps.length, 'place')} where events are missing.`;
}

function gapNote({ losses }: ReportModel, { gaps, gapsNotListed }: PictureModel): Markup {
  if (gaps.length === 0 && losses.length > 0)
    return html`<p class="note">Where the losses above lie in time is not known.</p>`;
  if (gaps.length === 0) return html`<p class="note">No event of the traced span is known to be missing.</p>`;
  const more = gapsNotListed === 0 ? '' : `; ${formatCount(gapsNotListed)} more are not drawn`;
  const found = gaps.filter(({ reported }) => !reported).length;
  return html`<p class="note">${plural(gaps.length, 'place')} where events are missing: ${formatCount(gaps.length - found)} reported by a tracer, ${formatCount(found)} found because a row is there that cannot be without another${more}. Requests that touch one are left out.</p>`;
}

function details(model: ReportModel): Markup {
  const rows = [
    { name: 'clocks', value: bullets(clockParts(model)) },
    { name: 'application', value: bullets(applicationParts(model)) },
    { name: 'overhead', value: model.overhead.text },
    ...(model.requests.matched > 0 ? [{ name: 'Little’s law', value: littlesLawLine(model) }] : []),
  ];
  return pairs(rows.filter(({ value }) => value !== ''));
}

function notObserved(model: ReportModel): Markup {
  const lines = notObservedLines(model);
  return lines.length === 0 ? NOTHING : html`<h3>Not observed</h3>${bullets(lines)}`;
}
