/** Finds the end of a shell's answer in what it prints: a line of its own that holds the mark and the exit status. */

export interface AnswerEnds {
  /** A piece of the answer, in order. */
  give(part: Uint8Array): void;
  done(status: number): void;
  failed(error: Error): void;
  /** More came than was allowed; called once. */
  flooded(): void;
}

/** Longest end: the mark, a blank, three digits, CR and LF. */
const END_BYTES = 8;

/** One answer. `mark` is plain ASCII that the answer itself cannot hold: it has a random part. */
export class AnswerReader {
  readonly #mark: Buffer;
  readonly #maxBytes: number;
  readonly #ends: AnswerEnds;
  /** What may be the beginning of the end. */
  #held: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #over = false;

  constructor(mark: string, maxBytes: number, ends: AnswerEnds) {
    this.#mark = Buffer.from(`\n${mark} `);
    this.#maxBytes = maxBytes;
    this.#ends = ends;
  }

  take(chunk: Buffer): void {
    if (this.#over) return;
    const text = Buffer.concat([this.#held, chunk]);
    const at = text.indexOf(this.#mark);
    if (at === -1) {
      this.#keep(text, this.#mark.length + 1);
      return;
    }
    const end = text.indexOf(10, at + this.#mark.length);
    const status = text.subarray(at + this.#mark.length, end === -1 ? undefined : end).toString('latin1');
    if (end === -1 && status.length < END_BYTES) {
      this.#keep(text, text.length - at + 1);
      return;
    }
    this.#give(withoutReturn(text.subarray(0, at)));
    if (this.#over) return;
    this.#over = true;
    this.#ends.done(/^\d{1,3}\r?$/.test(status) ? Number.parseInt(status, 10) : 255);
  }

  fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#ends.failed(error);
  }

  /** The last that came, for a message. */
  tail(): string {
    return this.#held.toString('latin1');
  }

  /** Hands on all but the last bytes. */
  #keep(text: Buffer, last: number): void {
    const ready = Math.max(0, text.length - last);
    this.#held = text.subarray(ready);
    if (ready > 0) this.#give(text.subarray(0, ready));
  }

  #give(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes <= this.#maxBytes) this.#ends.give(part);
    else if (!this.#over) {
      this.#ends.flooded();
      this.#over = true;
    }
  }
}

/** A terminal's CR before the mark's line is no part of the answer. */
function withoutReturn(text: Buffer): Buffer {
  return text.at(-1) === 13 ? text.subarray(0, -1) : text;
}
