/** The HTML report in a real browser: what its script does, and that nothing leaves it. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followRecording, reportOf } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import { buildPicture } from '../../src/picture/build-picture.ts';
import { placedGaps } from '../../src/picture/gap-list.ts';
import { renderHtml } from '../../src/render/html.ts';
import { drawnPicture } from '../support/drawn-picture.ts';
import { DRAWN } from '../support/drawn-report.ts';
import { hostileReport } from '../support/hostile-report.ts';
import { builtAssets } from '../support/page-assets.ts';
import { noBrowser, type OpenPage, openBrowser } from './open-page.ts';

const sampleFile = (name: string) => new URL(`../../samples/${name}.iotrace.zip`, import.meta.url).pathname;

async function reportPage(sample: string): Promise<string> {
  const { recording, title, path } = await openRecording(sampleFile(sample), undefined, () => {});
  const how = { version: '0', title, path };
  const followed = followRecording(recording, how);
  if ('failure' in followed) throw new Error(followed.failure);
  const picture = buildPicture(
    followed.correlated.requests,
    placedGaps(followed.correlated, followed.doubts),
  );
  return renderHtml(reportOf(recording, followed, how), picture, builtAssets());
}

describe.skipIf(noBrowser !== undefined)('the page in Chromium', { timeout: 120_000 }, () => {
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let html: string;
  beforeAll(async () => {
    browser = await openBrowser();
    html = await reportPage('virtio-blk-iothread-cross-node');
  }, 120_000);
  afterAll(() => browser.close());

  const column = (page: Page, at: number) =>
    page.$$eval(
      'table.stages tbody tr:not(.side)',
      (rows, index) => rows.map((row) => (row as HTMLTableRowElement).cells[index]!.dataset['sort'] ?? ''),
      at,
    );
  const names = (page: Page) =>
    page.$$eval('table.stages tbody tr.stage .name b', (cells) =>
      cells.map(({ textContent }) => textContent),
    );
  const quiet = ({ complaints }: OpenPage) => expect(complaints).toEqual([]);

  it('asks for nothing and complains of nothing', async () => {
    const opened = await browser.open(html);
    await opened.page.mouse.wheel(0, 5000);
    await opened.page.waitForTimeout(200);
    quiet(opened);
    await opened.page.close();
  });

  it('draws every chart', async () => {
    const { page } = await browser.open(html);
    const shapes = await page.$$eval('[data-chart]', (places) =>
      places.map((place) => ({
        name: (place as HTMLElement).dataset['chart'],
        shapes: place.querySelectorAll('svg path').length,
      })),
    );
    expect(shapes.map(({ name }) => name)).toEqual([
      'losses',
      'stacks',
      'distribution',
      'over-time',
      'variants',
      'waterfall',
    ]);
    for (const { name, shapes: count } of shapes) expect(count, name).toBeGreaterThan(3);
    await page.close();
  });

  it('sorts by a column, by mouse and by keyboard, and goes back to the order of the way', async () => {
    const opened = await browser.open(html);
    const { page } = opened;
    const before = await names(page);
    const button = page.locator('table.stages thead button', { hasText: 'p99' });
    await button.click();
    const down = (await column(page, await columnOf(page, 'p99'))).filter(Boolean).map(Number);
    expect(down).toEqual(down.toSorted((a, b) => b - a));
    expect(down.length).toBeGreaterThan(before.length / 2);
    await button.press('Enter');
    const up = (await column(page, await columnOf(page, 'p99'))).filter(Boolean).map(Number);
    expect(up).toEqual(up.toSorted((a, b) => a - b));
    expect(await names(page)).not.toEqual(before);
    await page.locator('table.stages thead button').first().press('Space');
    expect(await names(page)).toEqual(before);
    quiet(opened);
    await page.close();
  });

  it('shows the slowest, the typical, the next, any and a wrong request', async () => {
    const opened = await browser.open(html);
    const { page } = opened;
    const picked = page.locator('#picked');
    const typical = await picked.textContent();
    await page.click('[data-pick="slowest"]');
    const slowest = await picked.textContent();
    expect(slowest).not.toBe(typical);
    // The last point of the request is its end: the largest of all totals.
    const points = await page.$$eval('#points tr td.number', (cells) =>
      cells.map(({ textContent }) => Number(textContent!.replaceAll(',', ''))),
    );
    const data = JSON.parse((await page.textContent('#report-data'))!);
    expect(points.at(-1)).toBe(data.model.total.maxNs);
    await page.click('[data-pick="faster"]');
    expect(await picked.textContent()).not.toBe(slowest);
    await page.fill('#pick-number', '17');
    await page.press('#pick-number', 'Enter');
    expect(await picked.textContent()).toMatch(/^request 17: /);
    await page.fill('#pick-number', '');
    await page.press('#pick-number', 'Enter');
    expect(await picked.textContent()).toBe('A whole number is needed.');
    await page.click('[data-pick="typical"]');
    expect(await picked.textContent()).toBe(typical);
    quiet(opened);
    await page.close();
  });

  it('shows the request whose dot is clicked', async () => {
    const opened = await browser.open(html);
    const { page } = opened;
    const before = await page.textContent('#picked');
    const place = page.locator('[data-chart="over-time"]');
    await place.scrollIntoViewIfNeeded();
    const dots = await place.locator('svg path[fill-opacity="0.55"], svg path[opacity="0.55"]').all();
    expect(dots.length).toBeGreaterThan(100);
    // Charts above it may still be drawn, and move it away from under the mouse.
    const clicked = async () => {
      const box = (await dots[40]!.boundingBox())!;
      await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
      return page.textContent('#picked');
    };
    await expect.poll(clicked, { timeout: 10_000 }).not.toBe(before);
    quiet(opened);
    await page.close();
  });

  it('is reached by Tab in the order it is read, each with a visible focus', async () => {
    const { page } = await browser.open(html);
    const tops: number[] = [];
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === null || element === document.body) return null;
        const style = getComputedStyle(element);
        const top = element.getBoundingClientRect().top + scrollY;
        return { top, outline: style.outlineStyle !== 'none' };
      });
      if (at === null) break;
      expect(at.outline).toBe(true);
      tops.push(Math.round(at.top / 40));
    }
    expect(tops.length).toBeGreaterThan(15);
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    await page.close();
  });

  it('is dark where darkness is asked for, and readable', async () => {
    const opened = await browser.open(html, { dark: true });
    const colours = await opened.page.evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return { backgroundColor, color };
    });
    expect(luminance(colours.backgroundColor)).toBeLessThan(0.05);
    expect(luminance(colours.color)).toBeGreaterThan(0.7);
    const texts = await opened.page.$$eval('[data-chart="stacks"] svg text', (all) =>
      all.map((text) => text.getAttribute('fill') ?? ''),
    );
    expect(texts).toContain('#e8edf1');
    quiet(opened);
    await opened.page.close();
  });

  it('prints light, unfolded, without buttons, and is itself again afterwards', async () => {
    const opened = await browser.open(html, { dark: true });
    const { page } = opened;
    const open = () => page.$$eval('details', (all) => all.filter((each) => each.open).length);
    expect(await open()).toBe(0);
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await open()).toBe(await page.locator('details').count());
    expect(await page.locator('#pick').isVisible()).toBe(false);
    const fills = await page.$$eval('[data-chart="stacks"] svg text', (all) =>
      all.map((text) => text.getAttribute('fill') ?? ''),
    );
    expect(fills).not.toContain('#e8edf1');
    expect(luminance(await page.evaluate(() => getComputedStyle(document.body).backgroundColor))).toBe(1);
    await page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    expect(await open()).toBe(0);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 4).toString('latin1')).toBe('%PDF');
    quiet(opened);
    await page.close();
  });

  it.each([1280, 390])('fits a window of %d pixels, no text of a chart outside', async (width) => {
    const opened = await browser.open(html, { width });
    const { page } = opened;
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const outside = await page.$$eval('[data-chart]', (places) =>
      places.flatMap((place) => {
        const { left, right } = place.getBoundingClientRect();
        return [...place.querySelectorAll('svg text')]
          .filter((text) => {
            const box = text.getBoundingClientRect();
            return box.left < left - 1 || box.right > right + 1;
          })
          .map((text) => `${(place as HTMLElement).dataset['chart']}: ${text.textContent}`);
      }),
    );
    expect(outside).toEqual([]);
    quiet(opened);
    await page.close();
  });

  it.each(Object.keys(DRAWN))('opens whatever the report is: %s', async (name) => {
    const model = DRAWN[name]!();
    const opened = await browser.open(renderHtml(model, drawnPicture(model), builtAssets()), { width: 390 });
    expect(await opened.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    quiet(opened);
    await opened.page.close();
  });

  it('runs nothing of a hostile recording', async () => {
    const model = hostileReport();
    const opened = await browser.open(renderHtml(model, drawnPicture(model), builtAssets()));
    const { page } = opened;
    let asked = false;
    page.on('dialog', (dialog) => {
      asked = true;
      void dialog.dismiss();
    });
    await page.mouse.wheel(0, 20_000);
    await page.waitForTimeout(200);
    expect(asked).toBe(false);
    expect(await page.$$eval('img, iframe, object, embed, link, a', (all) => all.length)).toBe(0);
    expect(await page.$$eval('script', (all) => all.length)).toBe(2);
    quiet(opened);
    await page.close();
  });
});

async function columnOf(page: Page, title: string): Promise<number> {
  const heads = await page.$$eval('table.stages thead th', (all) =>
    all.map(({ textContent }) => textContent?.trim()),
  );
  return heads.indexOf(title);
}

/** 0 black to 1 white, of 'rgb(r, g, b)'. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => Number(part) / 255);
  const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
