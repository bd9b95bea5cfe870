/** Something a fact parser could not use or had to decide, with its place in the text. */
export interface Problem {
  /** Line of the text, counted from 1; 0 = the text as a whole. */
  readonly line: number;
  readonly reason: string;
  /** 'error': what the line says is missing from the result. 'warning': it was used, but read the reason. */
  readonly severity: 'error' | 'warning';
}

/** What a fact parser returns: what it understood, and what it did not. It never throws for content. */
export interface Reading<T> {
  readonly data: T;
  /** The first problems, at most MAX_PROBLEMS; when there were more, the last entry says how many. */
  readonly problems: readonly Problem[];
}

/** Problems kept one by one; a text of a million bad lines must not become a million objects. */
export const MAX_PROBLEMS = 50;

/** Collects problems of one text, bounded. */
export class ProblemList {
  readonly #kept: Problem[] = [];
  #more = 0;

  /** What a line says is lost. `line` from 1, 0 for the whole text. */
  error(line: number, reason: string): void {
    this.#add({ line, reason, severity: 'error' });
  }

  /** Used, but the reader should know how. */
  warning(line: number, reason: string): void {
    this.#add({ line, reason, severity: 'warning' });
  }

  /** Takes over another text's problems. */
  addAll(problems: readonly Problem[]): void {
    for (const problem of problems) this.#add(problem);
  }

  /** The list as it stands, first problem first. */
  list(): readonly Problem[] {
    if (this.#more === 0) return [...this.#kept];
    return [...this.#kept, { line: 0, reason: `${this.#more} more problems`, severity: 'error' }];
  }

  #add(problem: Problem): void {
    if (this.#kept.length < MAX_PROBLEMS) this.#kept.push(problem);
    else this.#more++;
  }
}
