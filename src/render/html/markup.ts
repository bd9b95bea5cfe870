/**
 * HTML as a type of its own: a string becomes part of a page only through `html`, which escapes it, so that none can be forgotten.
 * Strings of a model have passed escapeTerminal before (escape.ts): no control, bidi or zero-width character is left in them.
 */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markup | readonly Markup[];

/** Text as the content of an element or of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}

/** html`<p>${anything}</p>`: strings and numbers are escaped, markup stays. Attributes in templates are always quoted. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(
    strings.map((text, at) => text + (at < values.length ? textOf(values[at]!) : '')).join(''),
  );
}

function textOf(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escapeHtml(String(value));
}

export const NOTHING = new Markup('');

/** JSON for a script element of type application/json: nothing in it can end the element, or start a comment. */
export function embeddedJson(value: unknown): Markup {
  return new Markup(
    JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}
