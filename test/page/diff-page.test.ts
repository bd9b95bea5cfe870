/** The HTML of a comparison in a real browser. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diff } from '../../src/commands/diff.ts';
import { renderDiffHtml } from '../../src/render/diff-html.ts';
import { hostileDiff } from '../support/hostile-diff.ts';
import { builtAssets } from '../support/page-assets.ts';
import { noBrowser, openBrowser } from './open-page.ts';

const sampleFile = (name: string) => new URL(`../../samples/${name}.iotrace.zip`, import.meta.url).pathname;

describe.skipIf(noBrowser !== undefined)('a comparison in Chromium', { timeout: 120_000 }, () => {
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let html: string;
  beforeAll(async () => {
    browser = await openBrowser();
    const json = await diff(
      [sampleFile('bare-metal-nvme')],
      [sampleFile('vfio-pci-nvme')],
      { format: 'json', force: false, color: false, width: 79 },
      () => {},
    );
    html = renderDiffHtml(JSON.parse(json), builtAssets());
  }, 120_000);
  afterAll(() => browser.close());

  it.each([
    { width: 1280, dark: false },
    { width: 390, dark: true },
  ])('draws both charts, sorts, fits, asks for nothing: %o', async ({ width, dark }) => {
    const { page, complaints } = await browser.open(html, { width, dark });
    const charts = await page.$$eval('[data-chart]', (places) =>
      places.map((place) => place.querySelectorAll('svg path').length),
    );
    expect(charts.length).toBe(2);
    for (const shapes of charts) expect(shapes).toBeGreaterThan(5);
    await page.locator('table.diff thead button', { hasText: 'B − A' }).click();
    const sorted = await page.$$eval('table.diff tbody tr', (rows) =>
      rows.map((row) => Number((row as HTMLTableRowElement).cells[3]!.dataset['sort'])),
    );
    expect(sorted.length).toBeGreaterThan(5);
    expect(sorted).toEqual(sorted.toSorted((a, b) => b - a));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const outside = await page.$$eval(
      '[data-chart]',
      (places) =>
        places.flatMap((place) => {
          const { left, right } = place.getBoundingClientRect();
          return [...place.querySelectorAll('svg text')].filter((text) => {
            const box = text.getBoundingClientRect();
            return box.left < left - 1 || box.right > right + 1;
          });
        }).length,
    );
    expect(outside).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('runs nothing of hostile recordings', async () => {
    const { page, complaints } = await browser.open(renderDiffHtml(hostileDiff(), builtAssets()));
    expect(await page.$$eval('img, iframe, object, embed, link, a', (all) => all.length)).toBe(0);
    expect(await page.$$eval('script', (all) => all.length)).toBe(2);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
