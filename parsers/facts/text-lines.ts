/** Lines of a small text with their numbers from 1, trimmed, without the empty ones. */
export function textLines(text: string): readonly { readonly line: number; readonly text: string }[] {
  const lines: { line: number; text: string }[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const trimmed = raw.trim();
    if (trimmed !== '') lines.push({ line: index + 1, text: trimmed });
  }
  return lines;
}

/** True when the first non-empty line looks like `pattern`. */
export function firstLineIs(text: string, pattern: RegExp): boolean {
  const first = textLines(text.slice(0, 65536))[0];
  return first !== undefined && pattern.test(first.text);
}

/** Text of an untrusted file as a note: control characters out, at most 200 characters. */
export function printable(text: string): string {
  const clean = text.replace(/\p{C}/gu, ' ').trim();
  return clean.length > 200 ? `${clean.slice(0, 199)}…` : clean;
}

/** A decimal number as an integer below 2^53, or undefined. */
export function safeInteger(text: string): number | undefined {
  if (!/^-?\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A decimal number of up to 64 bits as bigint, or undefined. */
export function bigInteger(text: string): bigint | undefined {
  return /^-?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}
