import { describe, expect, it } from 'vitest';
import { embeddedJson, escapeHtml, html } from '../../src/render/html/markup.ts';
import { renderHtml } from '../../src/render/html.ts';
import { stageGrid } from '../../src/render/stage-grid.ts';
import { stageTable } from '../../src/render/stage-rows.ts';
import { renderTerminal } from '../../src/render/terminal.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import { drawnPicture } from '../support/drawn-picture.ts';
import { DRAWN } from '../support/drawn-report.ts';
import { hostileReport } from '../support/hostile-report.ts';
import { builtAssets } from '../support/page-assets.ts';

const ASSETS = builtAssets();
const NO_ASSETS = { script: { text: '', hash: 'sha256-x' }, style: { text: '', hash: 'sha256-y' } };
const render = (model: ReportModel) => renderHtml(model, drawnPicture(model), NO_ASSETS);

/** Texts of the cells of the stage table, row by row, as they stand in the file. */
function cellsOf(page: string): string[][] {
  const table = /<table class="stages sortable">([\s\S]*?)<\/table>/.exec(page)?.[1] ?? '';
  return [...table.matchAll(/<tr[^>]*>([\s\S]*?)<\/tr>/g)].map(([, row]) =>
    [...row!.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, cell]) =>
      cell!
        .replace(/<wbr>/g, '')
        .replace(/<[^>]*>/g, ' ')
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replace(/\s+/g, ' ')
        .trim(),
    ),
  );
}

describe('the page', () => {
  it.each(Object.keys(DRAWN).filter((name) => DRAWN[name]!().requests.matched > 0))(
    'has the numbers of the terminal report: %s',
    (name) => {
      const model = DRAWN[name]!();
      const table = stageTable(model);
      const grid = stageGrid(table, model);
      const [head, ...rows] = cellsOf(render(model));
      expect(rows.length).toBe(grid.rows.length);
      const column = (title: string) => head!.indexOf(title);
      grid.columns.forEach(({ title }, at) => {
        if (title === '' || title.startsWith('stage')) return;
        expect(column(title), title).toBeGreaterThan(0);
        grid.rows.forEach((row, line) => {
          // The mean of a side is its sum a request: shown there.
          if (row.kind === 'side' && title === 'mean' && table.mixed) return;
          expect(rows[line]![column(title)], `${row.cells[1]} ${title}`).toBe(row.cells[at]);
        });
      });
    },
  );

  it.each(Object.keys(DRAWN))('says the verdict and the trust of the terminal report: %s', (name) => {
    const model = DRAWN[name]!();
    const flat = (text: string) => text.replace(/\s+/g, ' ');
    const page = flat(render(model).replace(/<[^>]*>/g, ' '));
    const terminal = flat(renderTerminal(model, { width: 160 }));
    const total = / (\S+ [nµm]?s a request: [^.]*software \(\d+ %\))/.exec(terminal)?.[1];
    if (total !== undefined) expect(page).toContain(escapeHtml(total));
    for (const { text } of model.grade.letter === 'A' ? [] : model.grade.reasons)
      expect(page).toContain(flat(escapeHtml(text)));
    expect(page).toContain(`grade ${model.grade.letter}`);
  });

  it('puts the verdict before everything else, and trust before the numbers', () => {
    const page = render(DRAWN['iothread']!());
    const places = ['class="verdict"', 'id="trust"', 'id="stages"', 'id="findings"', 'id="latency"'];
    const found = places.map((place) => page.indexOf(place));
    expect(found).not.toContain(-1);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
  });
});

describe('its policy', () => {
  const page = renderHtml(DRAWN['iothread']!(), drawnPicture(DRAWN['iothread']!()), ASSETS);

  it('allows two texts by their hash and nothing else', () => {
    expect(page).toContain(
      `content="default-src 'none'; script-src '${ASSETS.script.hash}'; style-src '${ASSETS.style.hash}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(page.match(/<script/g)?.length).toBe(2);
    expect(page.match(/<style/g)?.length).toBe(1);
  });

  it('needs no handler, style attribute or address in the markup', () => {
    const markup = page.replace(/<(script|style)[\s\S]*?<\/\1>/g, '');
    expect(markup).not.toMatch(/\son\w+\s*=/i);
    expect(markup).not.toMatch(/\sstyle\s*=/i);
    expect(markup).not.toMatch(/\s(src|href)\s*=/i);
  });

  it('is not ended by the script or the style themselves', () => {
    expect(ASSETS.script.text).not.toMatch(/<\/script|<!--/i);
    expect(ASSETS.style.text).not.toMatch(/<\//);
  });
});

describe('hostile text in the page', () => {
  const page = render(hostileReport());

  it('is there, and no element, comment or control character comes of it', () => {
    expect(page).toContain('alert(1)');
    expect(page).not.toMatch(/<(img|\?php|!\[CDATA|!-- -->|h1>heading)/i);
    expect(page.match(/<script/g)?.length).toBe(2);
    expect(page.match(/<\/script/g)?.length).toBe(2);
    expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u);
  });

  it('cannot end the embedded data', () => {
    const data = /<script type="application\/json" id="report-data">([\s\S]*?)<\/script>/.exec(page)![1]!;
    expect(data).not.toContain('<');
    expect(JSON.parse(data).model.schema).toBe(1);
  });
});

describe('markup', () => {
  it('escapes whatever is put into it', () => {
    expect(html`<p title="${'"><script>'}">${`a&b'<`}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;script&gt;">a&amp;b&#39;&lt;</p>',
    );
    expect(html`${[html`<b>${1}</b>`]}`.text).toBe('<b>1</b>');
  });

  it('embeds JSON that reads back and holds no tag', () => {
    const value = { text: '</script><!-- \u2028 & >', n: 1 };
    const { text } = embeddedJson(value);
    expect(text).not.toMatch(/[<>&\u2028]/);
    expect(JSON.parse(text)).toEqual(value);
  });
});
