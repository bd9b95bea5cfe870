import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../src/render/markdown.ts';
import { DRAWN, drawnEmpty, drawnIothread, drawnPolling } from '../support/drawn-report.ts';

describe('the Markdown report', () => {
  it.each(['iothread', 'polling', 'grade-f', 'bare-metal', 'empty', 'contradiction'])(
    '%s is as reviewed',
    async (name) => {
      await expect(renderMarkdown(DRAWN[name]!())).toMatchFileSnapshot(`../golden/render/${name}.md`);
    },
  );

  it('puts the verdict before the numbers and folds the rest', () => {
    const report = renderMarkdown(drawnPolling());
    const order = [
      '### iotrace: drawn example',
      '**Grade B**: 10,000 of 10,000 requests followed; lost 0 events; clock ±85 ns',
      '**28.0 µs a request: 10.2 µs device, 17.8 µs software (64 %).',
      '| stage, µs',
      '```text\nmean',
      'Not observed: backend:block',
      '**warning: IOThread runs on node 1',
      '<summary>Stages in full</summary>',
      '<summary>Variants (3)</summary>',
      '<summary>Counts per request, queue depth</summary>',
      '<summary>NUMA</summary>',
      '<summary>Clocks and application</summary>',
      '<summary>What was recorded</summary>',
      '<summary>Environment</summary>',
      '`iotrace report FILE`',
    ].map((text) => report.indexOf(text));
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it.each(Object.keys(DRAWN))(
    '%s has whole tables, closed folds and blank lines that make folds Markdown',
    (name) => {
      const lines = renderMarkdown(DRAWN[name]!()).split('\n');
      const tables = lines.filter((line) => line.startsWith('|'));
      for (const [at, line] of lines.entries()) {
        if (!/^\| -/.test(line)) continue;
        for (let row = at - 1; lines[row]?.startsWith('|'); row++)
          expect(lines[row]!.split('|').length, lines[row]).toBe(line.split('|').length);
      }
      expect(tables.every((line) => line.endsWith('|'))).toBe(true);
      expect(lines.filter((line) => line === '<details>').length).toBe(
        lines.filter((line) => line === '</details>').length,
      );
      for (const [at, line] of lines.entries()) {
        if (line.startsWith('<summary>')) expect([lines[at - 1], lines[at + 1]]).toEqual(['<details>', '']);
        if (line === '</details>') expect(lines[at - 1]).toBe('');
      }
      expect(lines.at(-1)).toBe('');
    },
  );
});

describe('the numbers of the Markdown report', () => {
  it('has the populations side by side, each adding up to its own mean', () => {
    const report = renderMarkdown(drawnPolling());
    const variants = report.slice(report.indexOf('<summary>Variants'), report.indexOf('<summary>Counts'));
    const rows = variants.split('\n').filter((line) => /^\| [a-z] /.test(line));
    const total = variants.split('\n').find((line) => line.includes('| total'))!;
    for (const column of [3, 4, 5]) {
      const cell = (line: string) => line.split('|')[column]!.trim();
      const sum = rows.map(cell).reduce((all, text) => all + (text.startsWith('<') ? 0 : Number(text)), 0);
      expect(Math.round(sum * 10) / 10).toBe(Number(cell(total)));
    }
  });

  it('prints no time when no request was followed', () => {
    const report = renderMarkdown(drawnEmpty());
    expect(report).toContain('No request could be followed from end to end');
    expect(report).toContain('- Not observed: host:issue (host request issued): the device');
    expect(report).not.toMatch(/NaN|\d (ns|µs|ms|s)\b|Stages in full/);
  });

  it('is the same however often it is rendered', () => {
    expect(renderMarkdown(drawnIothread())).toBe(renderMarkdown(drawnIothread()));
  });
});
