/** Small pieces that the sections of the page are put together of. */
import { html, type Markup, NOTHING } from './markup.ts';

/** A place the page's script draws a chart in, by its name; `alternative` says what a reader without the picture has to know. */
export function chart(name: string, alternative: string, withScale = false): Markup {
  const scale = withScale
    ? html`<p class="controls"><button type="button" data-scale="${name}" aria-pressed="false">one scale for all bars</button></p>`
    : NOTHING;
  return html`${scale}<div class="chart" data-chart="${name}" role="img" aria-label="${alternative}"></div>`;
}

export function bullets(texts: readonly string[], kind = ''): Markup {
  return texts.length === 0
    ? NOTHING
    : html`<ul class="${kind}">${texts.map((text) => html`<li>${text}</li>`)}</ul>`;
}

/** A folded section, open when printed; nothing when there is nothing in it. */
export function folded(summary: string, body: Markup): Markup {
  return body.text === '' ? NOTHING : html`<details><summary>${summary}</summary>${body}</details>`;
}

/** Rows of a name and its value. */
export function pairs(rows: readonly { readonly name: string; readonly value: string | Markup }[]): Markup {
  return rows.length === 0
    ? NOTHING
    : html`<dl class="pairs">${rows.map(({ name, value }) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
