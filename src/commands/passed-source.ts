/**
 * A stream that can only be read from its beginning, for a format that reads at any place: what lies outside its windowed stretch
 * is taken out of a first pass and held, and the stretch goes by in a second.
 */
import type { Format, Stretch } from '../../parsers/format.ts';
import { WINDOW_BYTES } from '../../parsers/perf-data/byte-source.ts';
import type { SteppedSource } from './file-source.ts';

/** Bytes before and behind the stretch that are held; descriptions of events take a few megabytes. */
const MOST_HELD = 1 << 28;
/** Mostly the next window begins in the one before, or right behind it. */
const AHEAD_BYTES = 2 * WINDOW_BYTES;

/** What of a stream is outside its windowed stretch. */
export interface Ends extends Stretch {
  readonly length: number;
  readonly before: Uint8Array;
  readonly behind: Uint8Array;
}

/** The ends of a stream of `length` bytes, from all of its chunks; undefined where there is no such stretch, or too much is outside of it. */
export async function endsOf(
  format: Format,
  head: Uint8Array,
  chunks: AsyncIterable<Uint8Array>,
  length: number,
): Promise<Ends | undefined> {
  const stretch = format.windowed?.(head, length);
  if (stretch === undefined || stretch.from + length - stretch.to > MOST_HELD) return undefined;
  const parts: { readonly before: Uint8Array[]; readonly behind: Uint8Array[] } = { before: [], behind: [] };
  let at = 0;
  for await (const chunk of chunks) {
    if (at < stretch.from) parts.before.push(chunk.slice(0, stretch.from - at));
    if (at + chunk.length > stretch.to) parts.behind.push(chunk.slice(Math.max(0, stretch.to - at)));
    at += chunk.length;
    if (at >= stretch.from && stretch.to >= length) break;
  }
  return { ...stretch, length, before: Buffer.concat(parts.before), behind: Buffer.concat(parts.behind) };
}

/** The second pass. Windows follow each other; before each, `ready` has to have been waited for. */
export class PassedSource implements SteppedSource {
  readonly length: number;
  reached = 0;
  readonly #ends: Ends;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #held = new Uint8Array(AHEAD_BYTES);
  /** Place in the stream of the first byte held, how many are, and what follows them of a chunk. */
  #at: number;
  #count = 0;
  #rest: Uint8Array = new Uint8Array();
  /** Place in the stream of the next chunk, and of the next window. */
  #next = 0;
  #wanted = 0;

  constructor(ends: Ends, chunks: AsyncIterable<Uint8Array>) {
    this.length = ends.length;
    this.#ends = ends;
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#at = ends.from;
  }

  /** Of the stretch only what is held just then, and zeros: a sound file is not asked for it. */
  readAt(offset: number, length: number): Uint8Array {
    const { from, to, before, behind } = this.#ends;
    const end = Math.min(offset + length, this.length);
    if (end <= from) return before.subarray(offset, end);
    if (offset >= to) return behind.subarray(offset - to, end - to);
    const bytes = new Uint8Array(Math.max(0, end - offset));
    for (const [place, part] of [
      [0, before],
      [this.#at, this.#held.subarray(0, this.#count)],
      [to, behind],
    ] as const) {
      const own = part.subarray(Math.max(0, offset - place), Math.max(0, end - place));
      if (own.length > 0) bytes.set(own, Math.max(0, place - offset));
    }
    return bytes;
  }

  window(offset: number, length: number): Uint8Array {
    const { from, before } = this.#ends;
    if (offset < from) return before.subarray(offset, Math.min(offset + length, from));
    this.goOn(offset);
    this.#drop();
    this.reached = Math.max(this.reached, Math.min(offset + length, this.length));
    return this.#held.subarray(0, this.#at === offset ? Math.min(length, this.#count) : 0);
  }

  goOn(offset: number): void {
    this.#wanted = Math.max(this.#wanted, offset);
  }

  async ready(): Promise<void> {
    for (;;) {
      this.#drop();
      const taken = Math.min(this.#rest.length, AHEAD_BYTES - this.#count);
      this.#held.set(this.#rest.subarray(0, taken), this.#count);
      this.#rest = this.#rest.subarray(taken);
      this.#count += taken;
      if (this.#rest.length > 0 && this.#wanted <= this.#at) return;
      if (this.#rest.length === 0 && !(await this.#more())) return;
    }
  }

  /** Lets go of what lies before the place that is wanted. */
  #drop(): void {
    const gone = Math.max(0, Math.min(this.#wanted - this.#at, this.#count));
    this.#held.copyWithin(0, gone, this.#count);
    this.#at += gone;
    this.#count -= gone;
  }

  /** Whether there was another chunk of the stretch. */
  async #more(): Promise<boolean> {
    const { from, to } = this.#ends;
    if (this.#next >= to) return false;
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    this.#rest = value.subarray(Math.max(0, from - this.#next), Math.max(0, to - this.#next));
    this.#next += value.length;
    return true;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
