import type { ReportModel } from '../../report/report-model.ts';
import { countParts, findingsBySeverity, gainLine, numaParts, pathParts, sourceLines } from '../details.ts';
import { formatRatio } from '../format-ns.ts';
import { bullets, folded, pairs } from './blocks.ts';
import { html, type Markup, NOTHING } from './markup.ts';
import { topology } from './topology.ts';

/** What the recording shows and a user can change. */
export function findingsSection(model: ReportModel): Markup {
  const found = findingsBySeverity(model);
  const each = found.map((finding) => {
    const { severity, title, evidence, fix, id } = finding;
    return html`<li class="finding ${severity}"><h3><span class="severity">${severity}</span> ${title}</h3>
<p>${evidence}</p><p>${gainLine(finding)}</p><p class="fix"><b>To change it:</b> ${fix}</p><p class="note"><code>iotrace explain ${id}</code></p></li>
`;
  });
  const none = html`<p>No finding: nothing that iotrace looks for stands out in this recording.</p>`;
  return html`<section id="findings" aria-labelledby="findings-h"><h2 id="findings-h">Findings</h2>
${found.length === 0 ? none : html`<ul class="findings">${each}</ul>`}</section>`;
}

/** Where the request ran: the drawing, crossings, and events per request. */
export function placesSection(model: ReportModel): Markup {
  const counts = model.counts.map(
    ({ title, perRequest }) =>
      html`<tr><th scope="row">${title}</th><td class="number">${formatRatio(perRequest)}</td></tr>`,
  );
  const table = html`<table class="counts"><caption>Events per request</caption><tbody>${counts}</tbody></table>`;
  return html`<section id="places" aria-labelledby="places-h"><h2 id="places-h">Where it ran</h2>
<div class="places"><div>${topology(model)}</div><div>${counts.length === 0 ? NOTHING : table}
${bullets(numaParts(model), 'plain')}</div></div></section>`;
}

/** What was recorded, how the path was found, and the machine's settings. */
export function environmentSection(model: ReportModel): Markup {
  const counted = countParts(model).length;
  return html`<section id="environment" aria-labelledby="environment-h"><h2 id="environment-h">Environment</h2>
${model.environment.length === 0 ? html`<p>Nothing was recorded of the machines’ settings.</p>` : pairs(model.environment)}
${folded('What was recorded', bullets(sourceLines(model)))}
${folded('How the path was found', bullets(pathParts(model)))}
${counted === 0 ? html`<p class="note">No events beside the points were counted.</p>` : NOTHING}</section>`;
}
