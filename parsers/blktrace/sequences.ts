/** What wrote a file: blktrace, `blkparse -d`, or the kernel's own tracer named blk, which numbers nothing. */
export type Writer = 'blktrace' | 'blkparse' | 'tracefs';

const GAP = 'sequence numbers jump in what blkparse -d wrote: events were lost, or left out with -a or -w';
/** Devices and CPUs whose sequence is followed; blktrace takes 32 devices. */
const MAX_SEQUENCES = 65_536;

/** Who hears what the numbers show of the record that is read. */
export interface Troubles {
  lost(cpu: number, count: number): void;
  reject(reason: string): void;
}

/** Follows the numbers of each device's events on each CPU. A jump of blktrace's own is a loss, one of a dump is told of once. */
export class Sequences {
  readonly #troubles: Troubles;
  /** Last number, by device and then by CPU. */
  readonly #last = new Map<number, number[]>();
  #followed = 0;
  #dev = -1;
  #ofDev: number[] = [];
  #hasJumped = false;

  constructor(troubles: Troubles) {
    this.#troubles = troubles;
  }

  /** An event of this number is read. */
  follow(writer: Writer, dev: number, cpu: number, sequence: number): void {
    if (writer === 'tracefs') return;
    if (dev !== this.#dev) this.#turnTo(dev);
    const ofDev = this.#ofDev;
    const last = ofDev[cpu];
    if (last === undefined) this.#begin(writer, cpu, sequence);
    else {
      if (sequence > last + 1) this.#jump(writer, cpu, sequence - last - 1);
      ofDev[cpu] = sequence;
    }
  }

  /** The last numbers, by CPU, on the device of the event that was followed last; who goes on from them writes them. Empty where nothing is numbered. */
  get numbers(): number[] {
    return this.#ofDev;
  }

  /** The first event on a CPU. blktrace counts from 1; a dump may begin anywhere. */
  #begin(writer: Writer, cpu: number, sequence: number): void {
    if (writer === 'blktrace' && sequence > 1) this.#jump(writer, cpu, sequence - 1);
    if (this.#followed === MAX_SEQUENCES) return;
    this.#followed += 1;
    this.#ofDev[cpu] = sequence;
  }

  #turnTo(dev: number): void {
    this.#dev = dev;
    this.#ofDev = this.#last.get(dev) ?? [];
    if (this.#followed < MAX_SEQUENCES) this.#last.set(dev, this.#ofDev);
  }

  #jump(writer: Writer, cpu: number, count: number): void {
    if (writer === 'blktrace') this.#troubles.lost(cpu, count);
    else if (!this.#hasJumped) this.#troubles.reject(GAP);
    this.#hasJumped = true;
  }
}
