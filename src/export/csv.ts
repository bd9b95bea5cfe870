import type { RequestColumn } from './request-columns.ts';

/** Columns as CSV (RFC 4180), a header line first, an empty field for no value; in pieces. */
export function* csvLines(columns: readonly RequestColumn[]): Generator<string> {
  yield `${columns.map(({ name }) => field(name)).join(',')}\r\n`;
  const length = columns[0]?.values.length ?? 0;
  for (let row = 0; row < length; row++)
    yield `${columns.map(({ values }) => field(String(values[row] ?? ''))).join(',')}\r\n`;
}

/**
 * In quotes where the text holds what ends a field. A spreadsheet takes a text that begins with one of =+-@ for a formula: such
 * a text gets a blank before it, a number does not.
 */
function field(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) && !/^-?\d+$/.test(text) ? ` ${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
