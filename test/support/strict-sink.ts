import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import type { EventSink } from '../../parsers/event-sink.ts';

/** A sink that keeps a running number of what it was told, and throws where that breaks the contract of EventSink. */
export class StrictSink implements EventSink {
  events = 0;
  rejects = 0;
  losses = 0;
  /** Depends on every row and its place: the same for the same rows in the same order. */
  digest = 0;
  readonly #strings = new Map<string, number>([['', 0]]);
  readonly #tasks = new Set<number>();
  readonly #unnamed = new Set<number>();
  readonly #reasons = new Set<string>();

  event(
    kind: number,
    sec: number,
    nsec: number,
    cpu: number,
    tid: number,
    dev: number,
    tag: number,
    aux: number,
  ): void {
    this.events += 1;
    require(EVENT_KINDS[kind] !== undefined, `kind ${kind}`);
    require(Number.isSafeInteger(sec) && sec >= 0, `sec ${sec}`);
    require(Number.isInteger(nsec) && nsec >= 0 && nsec < 1e9, `nsec ${nsec}`);
    require(cpu === (cpu & 0xffff), `cpu ${cpu}`);
    require(tid === tid >>> 0, `tid ${tid}`);
    require(dev === dev >>> 0, `dev ${dev}`);
    require(Number.isSafeInteger(tag) || Number.isNaN(tag), `tag ${tag}`);
    require(aux === (aux | 0), `aux ${aux}`);
    if (!this.#tasks.has(tid)) this.#unnamed.add(tid);
    for (const value of [kind, sec, nsec, cpu, tid, dev, tag, aux]) this.#mix(value);
  }

  string(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    this.#strings.set(text, this.#strings.size);
    return this.#strings.size - 1;
  }

  task(tid: number, comm: string, tgid: number | undefined): void {
    require(tid === tid >>> 0, `task ${tid}`);
    require(tgid === undefined || tgid === tgid >>> 0, `tgid ${tgid}`);
    require(typeof comm === 'string' && comm.length <= 65_536, 'name of a task');
    this.#tasks.add(tid);
    this.#unnamed.delete(tid);
  }

  lost(cpu: number, count: number | undefined): void {
    this.losses += 1;
    require(Number.isInteger(cpu) && cpu >= -1 && cpu <= 65_535, `lost on CPU ${cpu}`);
    require(count === undefined || (Number.isInteger(count) && count >= 0), `lost ${count}`);
    this.#mix(cpu);
    this.#mix(count ?? -1);
  }

  reject(reason: string, byteOffset: number, line: number): void {
    this.rejects += 1;
    require(Number.isInteger(byteOffset) && byteOffset >= 0, `place ${byteOffset}`);
    require(Number.isInteger(line) && line >= 0, `line ${line}`);
    this.#reasons.add(reason);
    require(this.#reasons.size <= 80, 'reasons of a format are a small fixed set');
  }

  /** At the end of a stream: every thread that has an event was named at least once. */
  finish(): void {
    require(this.#unnamed.size === 0, `no task() for thread ${[...this.#unnamed][0]}`);
  }

  #mix(value: number): void {
    const whole = Number.isNaN(value) ? 0x5bd1e995 : Math.trunc(value % 4_294_967_291);
    this.digest = (Math.imul(this.digest ^ whole, 0x01000193) + 1) | 0;
  }
}

function require(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the parser broke its contract: ${what}`);
}
