/** What a name is the name of; its pseudonyms begin with this word. */
export type NameKind =
  | 'guest'
  | 'id'
  | 'path'
  | 'thread'
  | 'workqueue'
  | 'interrupt'
  | 'stream'
  | 'job'
  | 'event'
  | 'reason';

/** One name and what stands in its place everywhere. `original` is foreign text. */
export interface Replacement {
  readonly kind: NameKind;
  readonly original: string;
  readonly pseudonym: string;
}

/** Something that is not in the copy; `what` may hold foreign text. */
export interface Dropped {
  readonly what: string;
  readonly why: string;
}

/** Gives the same pseudonym to the same name of one kind, and remembers what was replaced and what was left out. */
export class Pseudonyms {
  readonly #byKind = new Map<NameKind, Map<string, string>>();
  readonly #dropped: Dropped[] = [];

  /** The pseudonym of a name: kind and a number, `id3`. '' has none and stays. */
  of(kind: NameKind, original: string): string {
    if (original === '') return '';
    const names = this.#byKind.get(kind) ?? new Map<string, string>();
    this.#byKind.set(kind, names);
    const known = names.get(original);
    if (known !== undefined) return known;
    const pseudonym = `${kind}${new Set(names.values()).size + 1}`;
    names.set(original, pseudonym);
    return pseudonym;
  }

  /** Gives a name a pseudonym that says more than its number: that of a file in the copy. */
  as(kind: NameKind, original: string, pseudonym: string): void {
    const names = this.#byKind.get(kind) ?? new Map<string, string>();
    this.#byKind.set(kind, names);
    names.set(original, pseudonym);
  }

  /**
   * As `of`, for a name that may have been cut to `length` characters: when it has that length and is the beginning of
   * exactly one known name, it is that one.
   */
  ofCut(kind: NameKind, original: string, length: number): string {
    const known = this.#byKind.get(kind);
    if (known === undefined || known.has(original) || original.length < length)
      return this.of(kind, original);
    const whole = [...known.keys()].filter((name) => name.startsWith(original));
    if (whole.length === 1) this.as(kind, original, known.get(whole[0]!)!);
    return this.of(kind, original);
  }

  /** Notes that something is left out. */
  drop(what: string, why: string): void {
    if (!this.#dropped.some((each) => each.what === what && each.why === why))
      this.#dropped.push({ what, why });
  }

  /** All names that were replaced, by kind, in the order they were met. */
  replacements(): readonly Replacement[] {
    return [...this.#byKind].flatMap(([kind, names]) =>
      [...names].map(([original, pseudonym]) => ({ kind, original, pseudonym })),
    );
  }

  /** All that was left out. */
  dropped(): readonly Dropped[] {
    return this.#dropped;
  }
}
