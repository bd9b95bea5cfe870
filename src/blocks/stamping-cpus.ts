/** Which CPUs stamped the points of requests. */
import { PASSED } from './request-columns.ts';

/** CPUs of the points that requests passed before they were issued, and of their issue; of a point that they did not pass NO_CPU. */
export interface Submitters {
  readonly passed: number;
  readonly queue: number;
  readonly getrq: number;
  readonly insert: number;
  readonly issue: number;
}

/** CPU numbers are 16 bits wide, and this is none. */
export const NO_CPU = 0xffff;
/** Combinations that are told apart; what has as many is no recording of requests. */
const MOST_KNOWN = 1 << 16;

const NONE = -1;

/** Every combination of CPUs once. Most requests have that of the one before on their CPU. */
export class StampingCpus {
  /** There are more than can be told apart. */
  isFull = false;
  readonly submitters: Submitters[] = [];
  /** By the number of a combination: the CPUs that requests of it completed on. */
  readonly completers: Set<number>[] = [];
  /** By the CPU of an issue the number of its latest combination, and by that the latest CPU of a completion. */
  readonly #latest = new Int32Array(NO_CPU + 1).fill(NONE);
  readonly #completed = new Int32Array(MOST_KNOWN).fill(NONE);
  readonly #numbers = new Map<string, number>();

  /** The number of a combination, the same for the same. */
  submitted(passed: number, queue: number, getrq: number, insert: number, issue: number): number {
    const latest = this.#latest[issue]!;
    const known = this.submitters[latest];
    if (
      known !== undefined &&
      known.passed === passed &&
      ((passed & PASSED.queue) === 0 || known.queue === queue) &&
      ((passed & PASSED.getrq) === 0 || known.getrq === getrq) &&
      ((passed & PASSED.insert) === 0 || known.insert === insert)
    )
      return latest;
    const number = this.#numberOf({
      passed,
      queue: (passed & PASSED.queue) === 0 ? NO_CPU : queue,
      getrq: (passed & PASSED.getrq) === 0 ? NO_CPU : getrq,
      insert: (passed & PASSED.insert) === 0 ? NO_CPU : insert,
      issue,
    });
    this.#latest[issue] = number;
    return number;
  }

  /** A request of a combination completed. */
  completed(number: number, cpu: number): void {
    if (this.#completed[number] === cpu) return;
    this.#completed[number] = cpu;
    this.completers[number]?.add(cpu);
  }

  #numberOf(submitters: Submitters): number {
    const key = Object.values(submitters).join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.submitters.length === MOST_KNOWN) {
      this.isFull = true;
      return 0;
    }
    const number = this.submitters.push(submitters) - 1;
    this.completers.push(new Set());
    this.#numbers.set(key, number);
    return number;
  }
}
