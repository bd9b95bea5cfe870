/** Writes drawn events as tracefs prints them, in order of time: `trace` of Linux 6.1 with record-tgid, or of a guest. */
import type { MachineName } from '../../src/trace/recording.ts';

/** A thread that leaves events. */
export interface DrawnThread {
  readonly machine: MachineName;
  readonly comm: string;
  readonly tid: number;
  readonly cpu: number;
}

interface DrawnLine {
  readonly ns: number;
  readonly thread: DrawnThread;
  readonly text: string;
}

/** What a machine's clock shows at a host time in ns, and how tracefs prints it. */
export interface DrawnClock {
  readonly rate: number;
  readonly offsetNs: number;
  /** `x86-tsc` prints whole ticks (one a ns here), `mono` microseconds. */
  readonly prints: 'x86-tsc' | 'mono';
}

/** The lines of one machine. Times are whole ns of the host; two lines of one instant keep their order. */
export class TraceWriter {
  readonly #lines: DrawnLine[] = [];
  readonly #clock: DrawnClock;

  constructor(clock: DrawnClock) {
    this.#clock = clock;
  }

  add(ns: number, thread: DrawnThread, text: string): void {
    this.#lines.push({ ns, thread, text });
  }

  /** The clock's reading, whole ns. */
  reading(ns: number): number {
    return Math.round(ns * this.#clock.rate) + this.#clock.offsetNs;
  }

  text(): string {
    const lines = this.#lines.toSorted((a, b) => a.ns - b.ns);
    const count = `${lines.length}/${lines.length}`;
    return `# tracer: nop\n#\n# entries-in-buffer/entries-written: ${count}   #P:4\n#\n${HEADER}${lines
      .map((line) => this.#line(line))
      .join('')}`;
  }

  #line({ ns, thread: { comm, tid, cpu }, text }: DrawnLine): string {
    const task = `${comm}-${tid}`.padStart(22);
    return `${task}    [${String(cpu).padStart(3, '0')}] .....  ${this.#stamp(ns)}: ${text}\n`;
  }

  #stamp(ns: number): string {
    const reading = this.reading(ns);
    if (this.#clock.prints === 'x86-tsc') return reading.toString();
    const microseconds = Math.round(reading / 1000);
    return `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, '0')}`;
  }
}

const HEADER = `#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
`;
