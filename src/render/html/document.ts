import { embeddedJson, html, Markup } from './markup.ts';

/** A script or style of the page, with the hash its policy allows it by ('sha256-…', base64). */
export interface PageAsset {
  readonly text: string;
  readonly hash: string;
}

export interface PageAssets {
  readonly script: PageAsset;
  readonly style: PageAsset;
}

/** One file around a body: its policy allows our script and our style by their hashes and nothing else. `data` is what the script reads. */
export function document(title: string, body: Markup, data: unknown, { script, style }: PageAssets): string {
  const policy = `default-src 'none'; script-src '${script.hash}'; style-src '${style.hash}'; base-uri 'none'; form-action 'none'`;
  // Both are ours, and neither may end its element; the hash is of exactly this text.
  return html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<title>${title}</title><style>${new Markup(style.text)}</style></head>
<body>${body}
<script type="application/json" id="report-data">${embeddedJson(data)}</script>
<script>${new Markup(script.text)}</script></body></html>
`.text;
}
