/** Latency of all requests, their variants, and one request at a time. */
import type { PictureModel } from '../../picture/picture-model.ts';
import type { ReportModel } from '../../report/report-model.ts';
import { formatCount, formatShare, inUnit } from '../format-ns.ts';
import { totalParts } from '../sentences.ts';
import type { StageTable } from '../stage-rows.ts';
import { chart } from './blocks.ts';
import { html, type Markup, NOTHING } from './markup.ts';

export function latencySection(
  model: ReportModel,
  table: StageTable,
  { overTime, sample }: PictureModel,
): Markup {
  const figures = totalParts(model, table).join(', ');
  const drawn = sample.rows.length < sample.of ? ` Dots: ${formatCount(sample.rows.length)} of them.` : '';
  return html`<section id="latency" aria-labelledby="latency-h"><h2 id="latency-h">Latency</h2>
<h3>Distribution</h3>${chart('distribution', `Histogram of the latency on a logarithmic axis: ${figures}.`)}
<h3>Over time</h3>${chart('over-time', 'Latency of the requests over the time of the recording, on a logarithmic axis.')}
<p class="note">${formatCount(overTime.bins.length)} bins of ${inUnit({ name: 'ms', decimals: 2, step: 1e4 }, overTime.binNs)} ms.${drawn} A dot can be chosen; the request is then shown below.</p></section>`;
}

export function variantSection(model: ReportModel, table: StageTable): Markup {
  if (model.variants.length < 2) return NOTHING;
  const rows = model.variants.map(
    ({ name, n, share, meanNs }) =>
      html`<tr><th scope="row">${name}</th><td class="number" data-sort="${n}">${formatCount(n)}</td><td class="number" data-sort="${share}">${formatShare(share)}</td><td class="number" data-sort="${meanNs}">${inUnit(table.unit, meanNs)}</td></tr>`,
  );
  return html`<section id="variants" aria-labelledby="variants-h"><h2 id="variants-h">Variants</h2>
<p class="note">Requests that took the same optional points. A mean over all of them is a mixture; these are not.</p>
<div class="scroll" role="region" aria-labelledby="variants-h" tabindex="0"><table class="sortable"><thead><tr><th scope="col" aria-sort="none"><button type="button">variant</button></th><th scope="col" class="number"><button type="button">n</button></th><th scope="col" class="number"><button type="button">share</button></th><th scope="col" class="number"><button type="button">mean, ${table.unit.name}</button></th></tr></thead>
<tbody>${rows}</tbody></table></div>
${chart('variants', 'The mean request of each variant as a stacked bar.', true)}</section>`;
}

export function requestSection({ sample }: PictureModel): Markup {
  if (sample.rows.length === 0) return NOTHING;
  const numbers = sample.rows.map(([number]) => number);
  return html`<section id="request" aria-labelledby="request-h"><h2 id="request-h">One request</h2>
<form class="controls" id="pick"><button type="button" data-pick="typical">typical</button><button type="button" data-pick="slowest">slowest</button><button type="button" data-pick="slower">next slower</button><button type="button" data-pick="faster">next faster</button>
<label>number <input id="pick-number" type="number" inputmode="numeric" min="${numbers[0]!}" max="${numbers.at(-1)!}" step="1" value="${sample.typical ?? numbers[0]!}"></label><button type="submit">show</button></form>
<p id="picked" role="status"></p>
${chart('waterfall', 'The stages of one request, one below the other, from its start to its end.')}
<details><summary>All points of this request</summary><div class="scroll" role="region" aria-label="Points of the request" tabindex="0"><table><thead><tr><th scope="col">point</th><th scope="col">what</th><th scope="col">where</th><th scope="col"></th><th scope="col" class="number">ns after its start</th></tr></thead><tbody id="points"></tbody></table></div></details>
<p class="note">Numbers are those of <code>iotrace export</code>; ${sample.how}.</p></section>`;
}
