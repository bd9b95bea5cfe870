/** A real browser for tests of the page: Debian's Chromium. Where there is none the tests are skipped, and say so. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

/** Why there is no browser; undefined when there is one. */
export const noBrowser =
  CHROMIUM === undefined ? 'Chromium is not installed (Debian: apt-get install chromium)' : undefined;
if (noBrowser !== undefined) process.stderr.write(`test/page is skipped: ${noBrowser}\n`);

export interface OpenPage {
  readonly page: Page;
  /** Errors of the console and of scripts, refused policies, and every request but that for the file itself. */
  readonly complaints: readonly string[];
}

export interface PageOptions {
  readonly width?: number;
  readonly dark?: boolean;
}

/** One browser with a new, empty profile. Close it. */
export async function openBrowser(): Promise<{
  open(html: string, options?: PageOptions): Promise<OpenPage>;
  close(): Promise<void>;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'iotrace-page-'));
  const context: BrowserContext = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: CHROMIUM!,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  let files = 0;
  return {
    open: async (html, { width = 1280, dark = false } = {}) => {
      const file = join(folder, `${files++}.html`);
      writeFileSync(file, html);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('request', (request) => {
        if (request.url() !== pathToFileURL(file).href) complaints.push(`request: ${request.url()}`);
      });
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
      await page.goto(pathToFileURL(file).href);
      await page.waitForSelector('html[data-ready]');
      return { page, complaints };
    },
    close: async () => {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
