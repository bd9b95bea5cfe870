import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PageAssets } from '../../src/render/html/document.ts';

/** Script and style of the page as `npm run build` made them. */
export function builtAssets(): PageAssets {
  const asset = (name: string) => {
    const file = fileURLToPath(new URL(`../../dist/page/${name}`, import.meta.url));
    const text = readFileSync(file, 'utf8').trim();
    return { text, hash: `sha256-${createHash('sha256').update(text).digest('base64')}` };
  };
  return { script: asset('main.js'), style: asset('page.css') };
}
