import type { Facts } from './facts.ts';
import { type InterruptReading, movedInterrupts } from './interrupts.ts';
import { type KvmStatReading, kvmStatDeltas } from './kvm-stats.ts';
import { ProblemList, type Reading } from './reading.ts';

/** Facts while a folder is read: values that may be written, and readings that wait for their partner. */
export class FactsDraft {
  readonly #facts: { -readonly [Name in keyof Facts]: Facts[Name] } = {};
  readonly #sources = new Map<string, string>();
  readonly #interrupts = {
    guest: new Snapshots<InterruptReading>(),
    host: new Snapshots<InterruptReading>(),
  };
  readonly #kvmStats = new Snapshots<KvmStatReading>();

  /** Sets a fact; returns why not, when another file has already said it. */
  set<Name extends keyof Facts>(
    name: Name,
    value: NonNullable<Facts[Name]>,
    file: string,
  ): string | undefined {
    const earlier = this.#sources.get(name);
    if (earlier !== undefined) return `${name} is already known from ${earlier}`;
    this.#sources.set(name, file);
    this.#facts[name] = value;
    return undefined;
  }

  /** Adds to a list that several files may feed. */
  append(name: 'hostClockPairs', values: NonNullable<Facts['hostClockPairs']>): void;
  append(name: 'notes', values: NonNullable<Facts['notes']>): void;
  append(name: 'hostClockPairs' | 'notes', values: readonly unknown[]): void {
    const joined = [...(this.#facts[name] ?? []), ...values];
    Object.assign(this.#facts, { [name]: joined });
  }

  /** A reading of /proc/interrupts; returns why it cannot be kept. */
  addInterrupts(side: 'guest' | 'host', order: Order, reading: InterruptReading): string | undefined {
    return this.#interrupts[side].add(order, reading);
  }

  /** A reading of KVM's statistics; returns why it cannot be kept. */
  addKvmStats(order: Order, reading: KvmStatReading): string | undefined {
    return this.#kvmStats.add(order, reading);
  }

  /** The facts, with the differences of readings that have both ends. A lone reading is a problem. */
  finish(): Reading<Facts> {
    const problems = new ProblemList();
    for (const side of ['guest', 'host'] as const) {
      const pair = this.#interrupts[side].pair(`${side} interrupts`, problems);
      if (pair === undefined) continue;
      const late = this.set(`${side}Interrupts`, movedInterrupts(pair.before, pair.after), 'two readings');
      if (late !== undefined) problems.warning(0, late);
    }
    const stats = this.#kvmStats.pair('KVM statistics', problems);
    if (stats !== undefined) {
      const deltas = kvmStatDeltas(stats.before, stats.after);
      problems.addAll(deltas.problems);
      const late = this.set('kvmStats', deltas.data, 'two readings');
      if (late !== undefined) problems.warning(0, late);
    }
    return { data: this.#facts, problems: problems.list() };
  }
}

/** Which of two readings a file is; undefined where its name does not say. */
export type Order = 'before' | 'after' | undefined;

class Snapshots<T> {
  readonly #taken: Partial<Record<'before' | 'after', T>> = {};

  add(order: Order, reading: T): string | undefined {
    if (order === undefined) return 'the name does not say whether it was read before or after (…0, …1)';
    if (this.#taken[order] !== undefined) return `a second reading '${order}'`;
    this.#taken[order] = reading;
    return undefined;
  }

  pair(what: string, problems: ProblemList): { before: T; after: T } | undefined {
    const { before, after } = this.#taken;
    if (before !== undefined && after !== undefined) return { before, after };
    if (before !== undefined || after !== undefined) {
      problems.warning(
        0,
        `${what} were read only ${before === undefined ? 'after' : 'before'}: no difference`,
      );
    }
    return undefined;
  }
}
