/** What is done to a recording's texts, and what a report has to say of it. */
import type { MachineName } from '../../src/trace/recording.ts';

export type Texts = Readonly<Record<MachineName, string>>;

/** What was done, as far as a report can know it. Absent: nothing that can be counted. */
export interface Injected {
  readonly texts: Texts;
  /** Events by machine that the file says it holds, and does not. */
  readonly missing?: Partial<Record<MachineName, number>>;
  /** Events that the tracer says it lost. */
  readonly lost?: Partial<Record<MachineName, number>>;
  readonly overwritten?: Partial<Record<MachineName, number>>;
  /** Events that are there twice. */
  readonly duplicates?: Partial<Record<MachineName, number>>;
  /** The text itself shows that something is wrong: grade and exit code have to change. */
  readonly shows: boolean;
  /** Events of an end of the requests are all gone. */
  readonly shorter?: boolean;
  /** So much a CPU's stamps were moved, ns: what was matched before may be off by it, and no more. */
  readonly movedNs?: number;
  /** From a moment on. */
  readonly steps?: boolean;
  /** Of one CPU only. */
  readonly ofOneCpu?: boolean;
}

/** Undefined where a recording has nothing that could be damaged so. */
export interface Fault {
  readonly name: string;
  inject(texts: Texts, random: () => number): Injected | undefined;
}

export const isEvent = (line: string): boolean => line !== '' && !line.startsWith('#');

/** One of several, by chance. */
export function oneOf<T>(random: () => number, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!;
}

/** So many different positions of a list, by chance; all where there are fewer. */
export function some<T>(random: () => number, values: readonly T[], count: number): T[] {
  const left = [...values];
  const chosen: T[] = [];
  while (chosen.length < count && left.length > 0)
    chosen.push(left.splice(Math.floor(random() * left.length), 1)[0]!);
  return chosen;
}

/** Either machine, by chance. */
export function eitherMachine(random: () => number): MachineName {
  return random() < 0.3 ? 'guest' : 'host';
}
