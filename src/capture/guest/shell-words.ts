/** Words of a command line, split as POSIX sh splits them, and the other way round. Nothing is ever expanded. */
import { EXIT_CODES, IotraceError, quoted } from '../../errors.ts';

/** One word: bare characters, escaped ones, and quoted stretches, in any order. */
const WORD = /(?:[^\s'"\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+/y;
const PART = /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|([^\s'"\\]+)/g;

/**
 * Words of `text` with quotes and backslashes taken off; `$`, `;` and the like are plain characters. Throws an
 * IotraceError for a quote that is not closed.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (let at = 0; ; ) {
    while (/\s/.test(text[at] ?? '')) at++;
    if (at >= text.length) return words;
    WORD.lastIndex = at;
    const word = WORD.exec(text)?.[0];
    if (word === undefined)
      throw new IotraceError('words-unclosed', `A quote is not closed in ${quoted(text)}.`, {
        hint: 'Write it as for a shell: ssh -p 2222 root@127.0.0.1 sh',
        exitCode: EXIT_CODES.usage,
      });
    words.push(word.replace(PART, unquote));
    at += word.length;
  }
}

function unquote(_: string, escaped?: string, single?: string, double?: string, bare?: string): string {
  return escaped ?? single ?? double?.replace(/\\([$`"\\])/g, '$1') ?? bare ?? '';
}

/** A word for sh that stands for exactly these characters. Throws an IotraceError for a NUL, which no argument can hold. */
export function quoteWord(word: string): string {
  if (word.includes('\0'))
    throw new IotraceError('word-with-nul', `An argument cannot hold a NUL: ${quoted(word)}.`, {
      exitCode: EXIT_CODES.usage,
    });
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
