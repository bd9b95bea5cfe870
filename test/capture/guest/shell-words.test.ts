import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { quoteWord, splitWords } from '../../../src/capture/guest/shell-words.ts';

const run = promisify(execFile);

/** Words as the shell itself takes them apart, expansions aside. */
async function asShell(text: string): Promise<string[]> {
  const { stdout } = await run('/bin/sh', ['-f', '-c', `printf '%s\\0' ${text}`]);
  return stdout.split('\0').slice(0, -1);
}

describe('splitWords', () => {
  it.each([
    `ssh -p 2222 root@127.0.0.1 sh`,
    `  a\tb  c `,
    `'one word' "two words" three\\ words`,
    `a'b'"c"\\d`,
    `"say \\"hi\\" \\\\ \\n"`,
    `'' "" x`,
    `'it'\\''s'`,
    `'a
b' c`,
  ])('takes %j apart as sh does', async (text) => {
    expect(splitWords(text)).toEqual(await asShell(text));
  });

  it('expands nothing', () => {
    expect(splitWords('$HOME `id` a;b | c > d "$(id)"')).toEqual([
      '$HOME',
      '`id`',
      'a;b',
      '|',
      'c',
      '>',
      'd',
      '$(id)',
    ]);
  });

  it.each(["'open", '"open', 'open\\', `a "b' c`])('refuses %j', (text) => {
    expect(() => splitWords(text)).toThrow(expect.objectContaining({ code: 'words-unclosed', exitCode: 2 }));
  });
});

describe('quoteWord', () => {
  it.each([
    'plain',
    '',
    `it's`,
    '$(id)',
    '`id`',
    'a b',
    '*',
    '-n',
    '\\',
    '"',
    "''",
    'ä€',
    '~',
    'a\nb',
    '!x',
    ';',
    '#',
  ])('gives sh exactly %j', async (word) => {
    expect(await asShell(quoteWord(word))).toEqual([word]);
  });

  it('refuses a NUL', () => {
    expect(() => quoteWord('a\0b')).toThrow(expect.objectContaining({ code: 'word-with-nul' }));
  });
});
