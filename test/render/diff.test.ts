import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { diffSvg } from '../../src/charts/diff-picture.ts';
import { reportSvg } from '../../src/charts/report-picture.ts';
import { diff } from '../../src/commands/diff.ts';
import { rasterize } from '../../src/commands/rasterize.ts';
import type { DiffModel } from '../../src/diff/diff-model.ts';
import { diffJsonSchema } from '../../src/diff/diff-schema.ts';
import { csvCell, renderCsv } from '../../src/render/csv.ts';
import { renderDiffHtml } from '../../src/render/diff-html.ts';
import { renderDiffMarkdown } from '../../src/render/diff-markdown.ts';
import { renderDiffTerminal } from '../../src/render/diff-terminal.ts';
import { diffJson } from '../../src/render/json.ts';
import { renderMarkdown } from '../../src/render/markdown.ts';
import { displayWidth } from '../../src/render/wrap.ts';
import { drawnPicture } from '../support/drawn-picture.ts';
import { DRAWN } from '../support/drawn-report.ts';
import { hostileDiff } from '../support/hostile-diff.ts';
import { hostileReport } from '../support/hostile-report.ts';

const sampleFile = (name: string) => new URL(`../../samples/${name}.iotrace.zip`, import.meta.url).pathname;
const RAW = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;
const NO_ASSETS = { script: { text: '', hash: 'sha256-x' }, style: { text: '', hash: 'sha256-y' } };
const OPTIONS = { format: 'json', force: false, color: false, width: 79 } as const;

const compare = async (a: string, b: string, force = false): Promise<DiffModel> =>
  JSON.parse(await diff([sampleFile(a)], [sampleFile(b)], { ...OPTIONS, force }, () => {}));

/** Elements without the texts between them. */
const tagsOf = (svg: string) => (svg.match(/<[^>]*>/g) ?? []).join('');

describe('a comparison', { timeout: 120_000 }, () => {
  it('of two recordings is as its schema says, and its stages sum to the total', async () => {
    const published = JSON.parse(
      readFileSync(new URL('../../schema/diff-1.schema.json', import.meta.url), 'utf8'),
    );
    expect(JSON.stringify(published)).toBe(JSON.stringify(JSON.parse(diffJsonSchema())));
    const model = await compare('virtio-blk-iothread', 'virtio-blk-iothread-io-uring');
    expect(z.fromJSONSchema(published).safeParse(model).error).toBeUndefined();
    for (const pick of ['aNs', 'bNs', 'ns'] as const) {
      const sum = model.stages.reduce((total, stage) => total + stage[pick], 0);
      expect(sum).toBeCloseTo(model.total[pick], 3);
    }
  });

  it('of a recording with itself says that there is no difference', async () => {
    const text = await diff(
      [sampleFile('bare-metal-nvme')],
      [sampleFile('bare-metal-nvme')],
      { ...OPTIONS, format: 'terminal' },
      () => {},
    );
    expect(text).toContain('No difference shown.');
    expect(text).not.toMatch(/slower|faster/);
  });

  it('of another path warns and names both', async () => {
    const { matters } = await compare('bare-metal-nvme', 'vfio-pci-nvme');
    expect(matters.map(({ name }) => name)).toEqual(['I/O path', 'device']);
    expect(matters[0]).toMatchObject({ a: 'bare-metal-nvme', b: 'vfio-pci-nvme' });
  });

  it('of another block size is refused, naming it, unless forced', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'iotrace-diff-'));
    const fio = (bs: string) => ({
      'fio version': 'fio-3.33',
      'global options': { bs, iodepth: '1' },
      jobs: [{ jobname: 'drawn', read: { total_ios: 9, iops: 1, lat_ns: { mean: 1000, N: 9 } } }],
    });
    const [a, b] = ['4k', '8k'].map((bs) => {
      const file = join(folder, `${bs}.json`);
      writeFileSync(file, JSON.stringify(fio(bs), null, 1));
      return file;
    });
    try {
      await expect(diff([a!], [b!], OPTIONS, () => {})).rejects.toThrow('block size: A 4k, B 8k');
      const forced = JSON.parse(await diff([a!], [b!], { ...OPTIONS, force: true }, () => {}));
      expect(forced.matters).toEqual([{ name: 'block size', a: '4k', b: '8k', refuses: true }]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('adds up in the digits it prints', async () => {
    const model = await compare('bare-metal-nvme', 'vfio-pci-nvme');
    const { diffTable } = await import('../../src/render/diff-rows.ts');
    const { rows, unit } = diffTable(model);
    for (const column of [1, 2]) {
      const steps = rows.map(({ cells }) => {
        const text = cells[column]!.replaceAll(',', '');
        return text === '–' || text.startsWith('<') ? 0 : Math.round(Number(text) * 10 ** unit.decimals);
      });
      expect(steps.slice(0, -1).reduce((sum, value) => sum + value, 0)).toBe(steps.at(-1));
    }
  });
});

describe('hostile text in a comparison', () => {
  const model = hostileDiff();
  const renderers = {
    terminal: () => renderDiffTerminal(model),
    markdown: () => renderDiffMarkdown(model),
    json: () => diffJson(model),
    html: () => renderDiffHtml(model, NO_ASSETS),
    svg: () => diffSvg(model),
  };
  const output = (name: keyof typeof renderers) => renderers[name]();

  it.each(['terminal', 'markdown', 'json', 'html', 'svg'] as const)(
    'leaves no raw control character in %s',
    (name) => {
      expect(output(name)).toContain('alert(1)');
      expect(output(name).replaceAll('\n', '')).not.toMatch(RAW);
    },
  );

  it('keeps the 79 columns', () => {
    for (const line of output('terminal').split('\n'))
      expect(displayWidth(line), line).toBeLessThanOrEqual(79);
  });

  it('makes no element of the page or of the picture', () => {
    const elements = ['<img', '<?php', '<!--', '<foreignObject', '<a ', '<image', '<use'];
    for (const name of ['html', 'svg'] as const)
      for (const element of elements) expect(output(name)).not.toContain(element);
    expect(output('html').match(/<script/g)?.length).toBe(2);
    expect(tagsOf(output('svg'))).not.toMatch(/<script|\son\w+=|href=/i);
  });

  it('leaves the tables of Markdown one width, and no tag but our fold', () => {
    const lines = output('markdown').split('\n');
    const widths = lines.filter((line) => line.startsWith('|')).map((line) => line.split('|').length);
    expect(new Set(widths).size).toBe(1);
    const prose = output('markdown').replaceAll(/`[^`\n]+`/g, 'CODE');
    for (const tag of prose.match(/<[a-z/!?][^\n]*/gi) ?? [])
      expect(tag).toMatch(/^(<\/?details>|<summary>[\w ()]+<\/summary>|<\/summary>)$/);
  });
});

describe('pictures', () => {
  it.each(Object.keys(DRAWN))('are well-formed SVG whatever the report is: %s', (name) => {
    const model = DRAWN[name]!();
    const svg = reportSvg(model, drawnPicture(model));
    expect(XMLValidator.validate(svg)).toBe(true);
    expect(svg).toContain(`grade ${model.grade.letter}`);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('hold nothing foreign but text', () => {
    const model = hostileReport();
    for (const svg of [reportSvg(model, drawnPicture(model)), diffSvg(hostileDiff())]) {
      expect(XMLValidator.validate(svg)).toBe(true);
      expect(svg).toContain('alert(1)');
      expect(svg.replaceAll('\n', '')).not.toMatch(RAW);
      expect(tagsOf(svg)).not.toMatch(/<(script|image|foreignObject|a|use|style)\b|\son\w+=|href=/i);
    }
  });

  it('leave the prototype of objects alone, whatever a text is called', () => {
    const model = hostileDiff();
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const title = (at: number) => names[at % names.length]!;
    diffSvg({
      ...model,
      notes: names,
      stages: model.stages.map((stage, at) => ({ ...stage, id: title(at) })),
    });
    const found: string[] = [];
    for (const key in {}) found.push(key);
    expect(found).toEqual([]);
    expect(Object.keys(Object)).toEqual([]);
  });

  it('become PNG of twice the size, with letters in it', async () => {
    const model = DRAWN['iothread']!();
    const svg = reportSvg(model, drawnPicture(model));
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number);
    const png = Buffer.from(await rasterize(svg));
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * width!, 2 * height!]);
    const bare = Buffer.from(await rasterize(svg.replace(/<text[\s\S]*?<\/text>/g, '')));
    expect(png.length).toBeGreaterThan(1.5 * bare.length);
  });

  it('are referred to by Markdown, under a name that cannot end the link', () => {
    const text = renderMarkdown(DRAWN['iothread']!(), 'a b)>\n![x](y).png');
    expect(text).toContain('](<a%20b)%3E%0A!%5Bx%5D(y).png>)');
  });
});

describe('CSV', () => {
  it('has a row a stage and the total, all of one width, summing up', () => {
    const model = DRAWN['iothread']!();
    const [head, ...rows] = renderCsv(model)
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));
    expect(rows.length).toBe(model.stages.filter(({ critical }) => critical).length + 1);
    for (const row of rows) expect(row.length).toBe(head!.length);
    const at = head!.indexOf('per_request_ns');
    const sum = rows.slice(0, -1).reduce((total, row) => total + Number(row[at]), 0);
    expect(sum).toBeCloseTo(Number(rows.at(-1)![at]), 3);
    expect(rows.at(-1)![at]).toBe(String(model.total.meanNs));
  });

  it('is no formula and no control character', () => {
    expect(csvCell('=1+1')).toBe("'=1+1");
    expect(csvCell('-x')).toBe("'-x");
    expect(csvCell('@SUM(A1), "x"')).toBe('"\'@SUM(A1), ""x"""');
    expect(csvCell('a\nb')).toBe('a\\nb');
    expect(csvCell(Number.NaN)).toBe('');
    expect(csvCell(-5)).toBe('-5');
    expect(renderCsv(hostileReport()).replaceAll('\r\n', '')).not.toMatch(RAW);
  });
});
