import { describe, expect, it } from 'vitest';
import {
  escapeMarkdownCode,
  escapeMarkdownText,
  escapeStrings,
  escapeTerminal,
} from '../../src/render/escape.ts';
import { HOSTILE_TEXTS } from '../support/hostile-report.ts';

describe('escapeTerminal', () => {
  it.each([
    ['\u001b[31mred', '\\x1b[31mred'],
    ['a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['\u202edrowssap', '\\u202edrowssap'],
    ['zero\u200bwidth', 'zero\\u200bwidth'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\u009b2J', '\\x9b2J'],
    ['lone \ud800', 'lone \\ud800'],
    ['no\u00a0break', 'no break'],
    ['plain – µs → ü 全', 'plain – µs → ü 全'],
    ['\u0301starts', '\\u0301starts'],
  ])('%j becomes %j', (text, escaped) => {
    expect(escapeTerminal(text)).toBe(escaped);
  });
});

describe('escapeMarkdownText', () => {
  it.each([
    ['the back-end had found it (in 3,120 of 10,000, 84 %): guest-kick + kick-exit.', null],
    ['kvm:exit → kvm:ioeventfd ±85 ns ≤0.1 µs', null],
    ['set halt_poll_ns to 0', 'set `halt_poll_ns` to 0'],
    ['see (https://example.org), please', 'see (`https://example.org`), please'],
    ['ask @torvalds and @org/team now', 'ask `@torvalds` and `@org/team` now'],
    ['#1 !2 %3 ~4 $5 GH-6 &amp; 0123456789abcdef', '`#1 !2 %3 ~4 $5 GH-6 &amp; 0123456789abcdef`'],
    ['/dev/nvme0n1 on 0000:00:05.0', '`/dev/nvme0n1` on `0000:00:05.0`'],
    ['a | b ` c', 'a `\\x7c` b `\\x60` c'],
    ['<b>bold</b>', '`<b>bold</b>`'],
    ['- bullet - dash', '`-` bullet - dash'],
    ['1. one', '`1`. one'],
    ['  spaces   are   one  ', 'spaces are one'],
    ['', ''],
  ])('%j', (text, escaped) => {
    expect(escapeMarkdownText(text)).toBe(escaped ?? text);
  });

  it('takes long hostile words', () => {
    for (const part of ['`', ')', '|', '(', '\\', ':a', '@ ', '*']) {
      expect(escapeMarkdownText(part.repeat(100_000)).length).toBeGreaterThan(0);
    }
  });
});

describe('escapeStrings', () => {
  it('escapes values and keys of records, keeps fields, numbers and every entry', () => {
    const value = {
      meanNs: 1,
      text: 'a\n',
      list: ['b\t', null],
      record: { 'x\u0000': 1, 'x\\x00': 2, '__proto__\n': 3 },
    };
    expect(escapeStrings(value, escapeTerminal)).toEqual({
      meanNs: 1,
      text: 'a\\n',
      list: ['b\\t', null],
      record: { 'x\\x00': 1, 'x\\x00′': 2, '__proto__\\n': 3 },
    });
  });
});

it('shows every hostile text in full, harmless', async () => {
  const lines = HOSTILE_TEXTS.filter((text) => text.length < 1_000).flatMap((text) => [
    `terminal  ${escapeTerminal(text)}`,
    `prose     ${escapeMarkdownText(text)}`,
    `code      ${escapeMarkdownCode(text)}`,
    '',
  ]);
  await expect(lines.join('\n')).toMatchFileSnapshot('../golden/render/escaped.txt');
});
