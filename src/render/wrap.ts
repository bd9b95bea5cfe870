/** Laying text out in terminal cells. Text is escaped already: no control or zero-width format characters are left in it. */

/** Scripts and blocks a terminal draws two cells wide. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Yi}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Printable ASCII needs no look at each character. */
const NARROW = /^[ -~]*$/;

function cellsOf(character: string): number {
  if (/[\p{Mn}\p{Me}]/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Cells a terminal needs for an escaped text. */
export function displayWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += cellsOf(character);
  return cells;
}

/** Fills a text with spaces on the right up to `width` cells; a longer text stays as it is. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Fills a text with spaces on the left up to `width` cells; a longer text stays as it is. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** A space at which a line may end: not before a unit. */
const BREAK = / (?!(?:ns|µs|ms|s|%|ppm|IOPS|Ki?B|MiB)(?![\p{L}\p{N}]))/u;

/** The longest start of a text that fits `width` cells, and the rest. Takes at least one character, so it ends. */
function cut(text: string, width: number): [head: string, rest: string] {
  let cells = 0;
  let at = 0;
  for (const character of text) {
    cells += cellsOf(character);
    if (cells > width && at > 0) break;
    at += character.length;
  }
  return [text.slice(0, at), text.slice(at)];
}

/**
 * Breaks a text into lines of at most `width` cells: at spaces (not between a number and its unit), after `+` and `,` of words that are too long by themselves, and
 * anywhere when nothing else helps. An empty text is one empty line.
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(BREAK).filter((each) => each !== '')) {
    const candidate = line === '' ? word : `${line} ${word}`;
    if (displayWidth(candidate) <= width) {
      line = candidate;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = breakWord(word, width);
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  lines.push(line);
  return lines;
}

function breakWord(word: string, width: number): string[] {
  const out: string[] = [];
  let line = '';
  for (let rest of word.split(/(?<=[+,])/)) {
    if (displayWidth(line + rest) <= width) {
      line += rest;
      continue;
    }
    if (line !== '') out.push(line);
    while (displayWidth(rest) > width) {
      const [head, tail] = cut(rest, width);
      out.push(head);
      rest = tail;
    }
    line = rest;
  }
  out.push(line);
  return out;
}

/** Puts whole parts on lines, `gap` between them, breaking inside a part only when it is wider than a line. */
export function flow(parts: readonly string[], width: number, gap: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    const candidate = line === '' ? part : line + gap + part;
    if (displayWidth(candidate) <= width) {
      line = candidate;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = wrapText(part, width);
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  return line === '' ? lines : [...lines, line];
}

/** Lines under a label: the first beside it, the others below its text. */
export function hang(label: string, lines: readonly string[], indent: number): string[] {
  const first = padEnd(label, indent);
  return lines.map((line, at) => ((at === 0 ? first : ' '.repeat(indent)) + line).trimEnd());
}

/** Shortens a text to `characters` code units and says how many it left out. */
export function clip(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const head = text.slice(0, characters).replace(/\p{Cs}$/u, '');
  return `${head} … (${text.length - head.length} characters more)`;
}
