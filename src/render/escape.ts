/**
 * Text of a recording (titles, thread names, command lines, file names) is hostile. What enters here is any string; what
 * leaves can be printed in one place only: a terminal line, Markdown prose, Markdown code or a JSON document.
 * Whole models are escaped before a renderer sees them, so that no renderer can forget one string.
 */

/** What must never reach an output raw: control, format (bidi, zero width, tags), private, lone surrogate, line breaks. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A character as an escape a developer reads: \n, \x1b, \u202e, \u{e0041}. */
function visible(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const hex = character.codePointAt(0)!.toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

/** One line for a terminal: nothing in it moves the cursor, colours, reorders, or hides. Piles of accents are cut to four. */
export function escapeTerminal(text: string): string {
  return text
    .replace(UNPRINTABLE, visible)
    .replace(/\p{Zs}/gu, ' ')
    .replace(/(\p{M}{4})\p{M}+/gu, '$1…')
    .replace(/^\p{M}/u, visible);
}

/**
 * Content of a Markdown code span, code block or table cell in code: as for the terminal, and what would end the code
 * (backtick) or the cell (|, which no Markdown dialect protects inside a code span in the same way). A tag inside code
 * is text in every dialect (CommonMark 0.31, 6.1), so that an element of libvirt's XML stays fit to be copied.
 */
export function escapeMarkdownCode(text: string): string {
  return escapeTerminal(text).replace(/[`|]/gu, visible);
}

/** Words that mean nothing to Markdown, GitHub, GitLab: letters, digits and this punctuation … */
const PLAIN_WORD = /^[\p{L}\p{N}\p{M}.,:;()%/+\-±≤≥µ×→…'’"“”–—?!]*$/u;

/** … unless they look like a link, a path, an emoji, a milestone, a merge request, a commit, an issue. */
const SPECIAL_WORD = /:\/\/|^www\.|^\/|:[\w+-]+:|%["\w]|![\w]|^[0-9a-f]{7,40}$|^gh-\d+$|^(mailto|xmpp):/iu;

/** At the start of a text, where Markdown would take it for a bullet, a rule or the number of a list. */
const SPECIAL_START = /^[-+]+$|^\d+[.)]$/;

/** Punctuation around a word that may stay outside its code span. */
const BEFORE = '("\'“‘';
const AFTER = ')"\'”’.,:;?…';

/**
 * Markdown prose: plain words stay as they are, words that could be markup, a mention, a link or a reference become
 * code spans, where every dialect shows them as they are written. Stays readable as plain text.
 */
export function escapeMarkdownText(text: string): string {
  const words = escapeTerminal(text)
    .split(' ')
    .filter((word) => word !== '');
  const special = words.map((word, at) => isSpecial(word) || (at === 0 && SPECIAL_START.test(word)));
  const out: string[] = [];
  for (let at = 0; at < words.length; ) {
    let end = at;
    while (special[end] === true) end++;
    out.push(end === at ? words[at]! : codeSpan(words.slice(at, end).join(' ')));
    at = Math.max(end, at + 1);
  }
  return out.join(' ');
}

function isSpecial(word: string): boolean {
  return !PLAIN_WORD.test(word) || SPECIAL_WORD.test(word) || SPECIAL_WORD.test(bare(word).core);
}

function codeSpan(text: string): string {
  const { before, core, after } = bare(text);
  return core === '' ? `\`${text}\`` : `${before}\`${escapeMarkdownCode(core)}\`${after}`;
}

/** '(see:' → '(', 'see', ':'. By hand: a regular expression would be quadratic on a long hostile word. */
function bare(text: string): { before: string; core: string; after: string } {
  let start = 0;
  let end = text.length;
  while (start < end && BEFORE.includes(text[start]!)) start++;
  while (end > start && AFTER.includes(text[end - 1]!)) end--;
  return { before: text.slice(0, start), core: text.slice(start, end), after: text.slice(end) };
}

/**
 * A copy of a JSON-like value with every string in it passed through `harmless`. Keys of records are foreign text too;
 * keys that become equal are kept apart by a prime. Names of fields stay as they are.
 */
export function escapeStrings<T>(value: T, harmless: (text: string) => string): T {
  return escapeAny(value, harmless) as T;
}

function escapeAny(value: unknown, harmless: (text: string) => string): unknown {
  if (typeof value === 'string') return harmless(value);
  if (Array.isArray(value)) return value.map((item) => escapeAny(item, harmless));
  if (typeof value !== 'object' || value === null) return value;
  const out = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value)) {
    let name = /^[a-z][a-z0-9]*$/i.test(key) ? key : harmless(key);
    while (out.has(name)) name += '′';
    out.set(name, escapeAny(item, harmless));
  }
  return Object.fromEntries(out);
}
