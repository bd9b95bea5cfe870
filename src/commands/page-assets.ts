import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { IotraceError, messageOf } from '../errors.ts';
import { inPackage } from '../package-root.ts';
import type { PageAsset, PageAssets } from '../render/html/document.ts';

/** Script and style of the page, as built (`npm run build`), with their hashes for the page's policy. */
export async function pageAssets(): Promise<PageAssets> {
  const [script, style] = await Promise.all([asset('main.js'), asset('page.css')]);
  return { script, style };
}

async function asset(name: string): Promise<PageAsset> {
  try {
    const text = (await readFile(inPackage(`dist/page/${name}`), 'utf8')).trim();
    return { text, hash: `sha256-${createHash('sha256').update(text).digest('base64')}` };
  } catch (error) {
    throw new IotraceError('not-built', `the page’s ${name} is missing: ${messageOf(error)}`, {
      hint: 'npm run build makes it.',
    });
  }
}
