/**
 * Reads JSON from a stream of chunks cut anywhere, and keeps nothing: a map of a million elements is one line, longer
 * than a string may be. Numbers are handed over as text, because JSON.parse rounds those above 2^53. Several values
 * may follow each other (JSON lines). What is broken is reported once and skipped up to the end of its line.
 */
export interface JsonHandler {
  beginObject(): void;
  endObject(): void;
  beginArray(): void;
  endArray(): void;
  /** A member's name, unescaped, as UTF-8 in text[0, length). Valid during the call only; so for the next two. */
  key(text: Uint8Array, length: number): void;
  string(text: Uint8Array, length: number): void;
  /** A number as it is written. */
  number(text: Uint8Array, length: number): void;
  /** true, false or null. */
  literal(value: boolean | null): void;
  /** The value that was being read cannot be; all that is open is given up. Place: byte from 0, line from 1. */
  broken(reason: JsonFault, offset: number, line: number): void;
}

/** Why a stream is not JSON this scanner reads. */
export type JsonFault =
  | 'not JSON'
  | 'JSON nested too deep'
  | 'JSON text too long'
  | 'JSON ends in the middle';

/** Longest string or number, bytes. */
export const MAX_JSON_TEXT = 65_536;
const MAX_DEPTH = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const LEFT_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const RIGHT_BRACKET = 0x5d;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;
const LINE_FEED = 0x0a;

/** What may come next. */
const EXPECT = { value: 0, valueOrEnd: 1, keyOrEnd: 2, key: 3, colon: 4, commaOrEnd: 5 } as const;
/** What is being read. */
const IN = { between: 0, string: 1, escape: 2, unicode: 3, bare: 4, skip: 5 } as const;

const ESCAPES = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, means]) => [letter.charCodeAt(0), means.charCodeAt(0)],
  ),
);

const LITERALS = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** A push scanner: `push` each chunk, then `finish`. */
export class JsonScanner {
  readonly #handler: JsonHandler;
  readonly #text = new Uint8Array(MAX_JSON_TEXT);
  #length = 0;
  /** True for an object, false for an array, outermost first. */
  readonly #open: boolean[] = [];
  #expect: number = EXPECT.value;
  #in: number = IN.between;
  #unicode = 0;
  #unicodeDigits = 0;
  #line = 1;
  /** Bytes before the present chunk. */
  #base = 0;
  #tokenOffset = 0;

  constructor(handler: JsonHandler) {
    this.#handler = handler;
  }

  /** First byte of the token that the handler was last told of. */
  get offset(): number {
    return this.#tokenOffset;
  }

  /** Its line, from 1. */
  get line(): number {
    return this.#line;
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#in === IN.string) at = this.#string(chunk, at);
      else if (this.#in === IN.between) this.#between(byte, this.#base + at);
      else if (this.#in === IN.bare) this.#bare(byte, this.#base + at);
      else if (this.#in === IN.escape) this.#escape(byte, this.#base + at);
      else if (this.#in === IN.unicode) this.#unicodeDigit(byte, this.#base + at);
      else if (byte === LINE_FEED) this.#in = IN.between;
      if (chunk[at] === LINE_FEED) this.#line++; // where #string went on to another byte, that one
    }
    this.#base += chunk.length;
  }

  finish(): void {
    if (this.#in === IN.bare) this.#bare(LINE_FEED, this.#base);
    const whole = this.#in === IN.skip || (this.#in === IN.between && this.#open.length === 0);
    if (!whole) this.#fail('JSON ends in the middle', this.#base);
  }

  #fail(reason: JsonFault, offset: number): void {
    this.#open.length = 0;
    this.#expect = EXPECT.value;
    this.#in = IN.skip;
    this.#handler.broken(reason, offset, this.#line);
  }

  #between(byte: number, offset: number): void {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === LINE_FEED) return;
    this.#tokenOffset = offset;
    const expect = this.#expect;
    const wantsValue = expect === EXPECT.value || expect === EXPECT.valueOrEnd;
    const wantsKey = expect === EXPECT.key || expect === EXPECT.keyOrEnd;
    if (byte === QUOTE && (wantsValue || wantsKey)) {
      this.#length = 0;
      this.#in = IN.string;
    } else if (wantsValue && (byte === LEFT_BRACE || byte === LEFT_BRACKET)) {
      this.#begin(byte === LEFT_BRACE, offset);
    } else if (this.#mayEnd(byte)) this.#end();
    else if (expect === EXPECT.commaOrEnd && byte === COMMA) {
      this.#expect = this.#open.at(-1) ? EXPECT.key : EXPECT.value;
    } else if (expect === EXPECT.colon && byte === COLON) this.#expect = EXPECT.value;
    else if (wantsValue && isBareByte(byte)) {
      this.#text[0] = byte;
      this.#length = 1;
      this.#in = IN.bare;
    } else this.#fault(byte, offset);
  }

  /** A fault at a line's last byte ends with it. */
  #fault(byte: number, offset: number): void {
    this.#fail('not JSON', offset);
    if (byte === LINE_FEED) this.#in = IN.between;
  }

  #mayEnd(byte: number): boolean {
    const isObject = this.#open.at(-1);
    if (byte === RIGHT_BRACE) {
      return isObject === true && (this.#expect === EXPECT.commaOrEnd || this.#expect === EXPECT.keyOrEnd);
    }
    if (byte !== RIGHT_BRACKET) return false;
    return isObject === false && (this.#expect === EXPECT.commaOrEnd || this.#expect === EXPECT.valueOrEnd);
  }

  #begin(isObject: boolean, offset: number): void {
    if (this.#open.length === MAX_DEPTH) {
      this.#fail('JSON nested too deep', offset);
      return;
    }
    this.#open.push(isObject);
    this.#expect = isObject ? EXPECT.keyOrEnd : EXPECT.valueOrEnd;
    if (isObject) this.#handler.beginObject();
    else this.#handler.beginArray();
  }

  #end(): void {
    const isObject = this.#open.pop();
    this.#valueDone();
    if (isObject) this.#handler.endObject();
    else this.#handler.endArray();
  }

  #valueDone(): void {
    this.#in = IN.between;
    this.#expect = this.#open.length === 0 ? EXPECT.value : EXPECT.commaOrEnd;
  }

  /** Reads on in a string; returns the place of the last byte used. */
  #string(chunk: Uint8Array, from: number): number {
    const text = this.#text;
    let length = this.#length;
    let at = from;
    for (; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === QUOTE || byte === BACKSLASH || byte < 0x20 || length === MAX_JSON_TEXT) break;
      text[length++] = byte;
    }
    this.#length = length;
    if (at === chunk.length) return at;
    const byte = chunk[at]!;
    if (byte === QUOTE) this.#stringDone();
    else if (byte === BACKSLASH) this.#in = IN.escape;
    else if (length === MAX_JSON_TEXT) this.#fail('JSON text too long', this.#base + at);
    else this.#fault(byte, this.#base + at);
    return at;
  }

  #stringDone(): void {
    if (this.#expect === EXPECT.key || this.#expect === EXPECT.keyOrEnd) {
      this.#in = IN.between;
      this.#expect = EXPECT.colon;
      this.#handler.key(this.#text, this.#length);
    } else {
      this.#valueDone();
      this.#handler.string(this.#text, this.#length);
    }
  }

  #escape(byte: number, offset: number): void {
    const means = ESCAPES.get(byte);
    if (means !== undefined) this.#append(means, offset);
    else if (byte === 0x75) {
      this.#unicode = 0;
      this.#unicodeDigits = 0;
      this.#in = IN.unicode;
    } else this.#fault(byte, offset);
  }

  #unicodeDigit(byte: number, offset: number): void {
    const digit = Number.parseInt(String.fromCharCode(byte), 16);
    if (Number.isNaN(digit)) {
      this.#fault(byte, offset);
      return;
    }
    this.#unicode = this.#unicode * 16 + digit;
    if (++this.#unicodeDigits < 4) return;
    // Halves of a pair come one by one: each becomes U+FFFD, as in any decoder that meets them alone.
    for (const code of new TextEncoder().encode(String.fromCharCode(this.#unicode)))
      this.#append(code, offset);
  }

  #append(byte: number, offset: number): void {
    if (this.#length === MAX_JSON_TEXT) {
      this.#fail('JSON text too long', offset);
      return;
    }
    this.#text[this.#length++] = byte;
    this.#in = IN.string;
  }

  /** A number or a literal, up to the first byte that cannot be part of one. */
  #bare(byte: number, offset: number): void {
    if (isBareByte(byte)) {
      if (this.#length === MAX_JSON_TEXT) {
        this.#fail('JSON text too long', offset);
        return;
      }
      this.#text[this.#length++] = byte;
      return;
    }
    const first = this.#text[0]!;
    if (first === 0x2d || (first >= 0x30 && first <= 0x39)) {
      this.#valueDone();
      this.#handler.number(this.#text, this.#length);
    } else {
      const word = String.fromCharCode(...this.#text.subarray(0, Math.min(this.#length, 8)));
      const value = LITERALS.get(word);
      if (value === undefined) {
        this.#fault(byte, offset);
        return;
      }
      this.#valueDone();
      this.#handler.literal(value);
    }
    this.#between(byte, offset);
  }
}

function isBareByte(byte: number): boolean {
  const lower = byte | 0x20;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    (lower >= 0x61 && lower <= 0x7a)
  );
}
