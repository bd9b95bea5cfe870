import { describe, expect, it } from 'vitest';
import { renderJson } from '../../src/render/json.ts';
import { renderMarkdown } from '../../src/render/markdown.ts';
import { renderTerminal } from '../../src/render/terminal.ts';
import { displayWidth } from '../../src/render/wrap.ts';
import { HOSTILE_TEXTS, hostileReport } from '../support/hostile-report.ts';

/** Control, format (bidi, zero width, tags), private and lone surrogate characters, line and paragraph separators. */
const RAW = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

const withoutNewlines = (text: string) => text.replaceAll('\n', '');

describe('hostile text', () => {
  it('really is in every report', () => {
    const reports = [renderTerminal(hostileReport()), renderMarkdown(hostileReport())].map((each) =>
      each.replaceAll(/\s+/g, ' '),
    );
    for (const report of reports) {
      for (const part of [
        '\\x1b[31mtext',
        '\\u202eevil',
        'alert(1)',
        '@torvalds',
        'trailing \\',
        '\\ud800',
        '__proto__',
      ])
        expect(report).toContain(part);
    }
  });

  it('leaves no raw control character in any output but line feeds', () => {
    const model = hostileReport();
    for (const output of [
      renderTerminal(model),
      renderTerminal(model, { width: 120 }),
      renderMarkdown(model),
      renderJson(model),
    ])
      expect(withoutNewlines(output)).not.toMatch(RAW);
  });

  it('leaves in a coloured terminal report no escape but its own colours', () => {
    const output = renderTerminal(hostileReport(), { color: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour is made of them
    const own = /\u001b\[(?:1|2|22|39|38;5;(?:74|172|36))m/g;
    expect(withoutNewlines(output.replaceAll(own, ''))).not.toMatch(RAW);
  });

  it.each([72, 79, 160])('does not break the %d columns', (width) => {
    for (const line of renderTerminal(hostileReport(), { width }).split('\n'))
      expect(displayWidth(line), line).toBeLessThanOrEqual(width);
  });

  it('adds no line of its own: as many findings and variants as there are', () => {
    const model = hostileReport();
    const lines = renderTerminal(model).split('\n');
    expect(lines.filter((line) => line.startsWith('- warning: ')).length).toBe(model.findings.length);
    expect(lines.filter((line) => line.startsWith('grade ')).length).toBe(1);
  });

  it('leaves no HTML tag in Markdown but our own folds', () => {
    const tags = outsideCode(renderMarkdown(hostileReport())).match(/<[a-z/!?][^\n]*/gi) ?? [];
    expect(tags.length).toBeGreaterThan(0);
    for (const tag of tags) expect(tag).toMatch(/^(<\/?details>|<summary>[\w ,()]+<\/summary>|<\/summary>)$/);
    expect(renderJson(hostileReport())).not.toContain('<');
  });

  it('is JSON that says exactly what was there', () => {
    const wellFormed = JSON.parse(JSON.stringify(hostileReport()));
    expect(JSON.parse(renderJson(hostileReport()))).toEqual(wellFormed);
  });
});

describe('hostile text in Markdown, code taken away', () => {
  const prose = proseOf(renderMarkdown(hostileReport()));

  it('has balanced code spans on every line', () => {
    for (const line of prose) expect(line, line).not.toContain('`');
  });

  it('has no mention, reference, link, image, entity, formula or strike-through', () => {
    for (const line of prose) {
      expect(line.replace(/^### /, ''), line).not.toMatch(
        /[@#[\]~$\\&^{}]|!\w|:\/\/|www\.|:[\w+-]+:|\bGH-\d|[0-9a-f]{16}/,
      );
    }
  });

  it('has no emphasis but our own', () => {
    for (const line of prose) {
      expect(line, line).not.toMatch(/_/);
      expect(line.replaceAll('**', ''), line).not.toContain('*');
    }
  });

  it('starts no block but our own', () => {
    for (const line of prose) {
      expect(line, line).not.toMatch(/^(\s(?! - )|>|=|\d+[.)]\s|---|\+ |~~~)/);
      expect(line, line).not.toMatch(/^(?: {2})?- (?:[-+*>] |#|\d+[.)] |---+\s*$)/);
    }
    expect(prose.filter((line) => line.startsWith('#')).length).toBe(1);
  });

  it('has tables of one width', () => {
    const lines = renderMarkdown(hostileReport()).split('\n');
    for (const [at, line] of lines.entries()) {
      if (!line.startsWith('|')) continue;
      if (lines[at + 1]?.startsWith('|'))
        expect(lines[at + 1]!.split('|').length).toBe(line.split('|').length);
    }
  });
});

it('has a text for every kind of attack', () => {
  for (const part of ['\u001b', '\u202e', '\n', '<script', '`', '|', '@', '](', '---', '\ud800'])
    expect(HOSTILE_TEXTS.some((text) => text.includes(part))).toBe(true);
});

/** A Markdown text without what its code spans and blocks, which hold no backtick, show. */
function outsideCode(markdown: string): string {
  return markdown.replaceAll(/^```text\n[^`]*\n```$|`[^`\n]+`/gm, 'CODE');
}

/** The lines of a Markdown text without fenced blocks and without code spans, which are all of one backtick here. */
function proseOf(markdown: string): string[] {
  const out: string[] = [];
  let fenced = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) {
      expect(line).toBe(fenced ? '```' : '```text');
      fenced = !fenced;
    } else if (!fenced && line !== '' && !line.startsWith('<')) {
      out.push(line.replaceAll(/(?<!`)`[^`]+`(?!`)/g, 'CODE'));
    }
  }
  expect(fenced).toBe(false);
  return out;
}
