/** What a template's {name} is replaced with, in decimal. */
export interface LineValues {
  readonly sector: number;
  readonly id: number;
}

const BUFFER_BYTES = 1 << 20;
const LONGEST_LINE = 512;

/** One line of tracefs text with room for its time: `task columns`, `sec.usec: `, then the event's own text. */
export class LineTemplate {
  readonly columns: string;
  readonly text: string;
  readonly before: Uint8Array;
  readonly parts: readonly (Uint8Array | keyof LineValues)[];

  /** `text` may hold {sector} and {id}. */
  constructor(columns: string, text: string) {
    this.columns = columns;
    this.text = text;
    this.before = Buffer.from(columns);
    this.parts = `: ${text}\n`
      .split(/\{(sector|id)\}/)
      .map((part, index) => (index % 2 === 1 ? (part as keyof LineValues) : Buffer.from(part)));
  }
}

/** Writes lines into one buffer and hands it on when it is full. */
export class LineWriter {
  readonly #take: (bytes: Uint8Array) => void;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #at = 0;

  /** `take` must use the bytes before it returns. */
  constructor(take: (bytes: Uint8Array) => void) {
    this.#take = take;
  }

  text(text: string): void {
    this.#room();
    this.#at += this.#buffer.write(text, this.#at, 'latin1');
  }

  /** An event at `ns`, printed as the kernel does: microseconds, rounded to the nearest. */
  event(template: LineTemplate, ns: number, values: LineValues): void {
    this.#room();
    this.#bytes(template.before);
    const us = Math.round(ns / 1000);
    const sec = Math.floor(us / 1e6);
    for (let width = 10_000; width > Math.max(sec, 1); width /= 10) this.#buffer[this.#at++] = 0x20;
    this.#number(sec);
    this.#buffer[this.#at++] = 0x2e;
    this.#digits(us - sec * 1e6, 100_000);
    for (const part of template.parts)
      if (typeof part === 'string') this.#number(values[part]);
      else this.#bytes(part);
  }

  finish(): void {
    this.#take(this.#buffer.subarray(0, this.#at));
    this.#at = 0;
  }

  #room(): void {
    if (this.#at + LONGEST_LINE > BUFFER_BYTES) this.finish();
  }

  #bytes(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #number(value: number): void {
    let unit = 1;
    while (unit * 10 <= value) unit *= 10;
    this.#digits(value, unit);
  }

  #digits(value: number, highest: number): void {
    let rest = value;
    for (let unit = highest; unit >= 1; unit /= 10) {
      const digit = Math.floor(rest / unit);
      this.#buffer[this.#at++] = 0x30 + digit;
      rest -= digit * unit;
    }
  }
}
