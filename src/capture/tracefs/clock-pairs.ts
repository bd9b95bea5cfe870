/**
 * Readings of a clock and the processor's counter taken together, without a program of our own: marks written into two
 * instances whose clocks are these two.
 */
import { readFile } from 'node:fs/promises';
import { systemCode } from '../../errors.ts';
import type { Watchdog } from '../watchdog.ts';
import type { TraceFiles, TraceMarker } from './trace-files.ts';
import { TraceInstance } from './trace-instance.ts';

/** The narrowest of so many is taken: each can be interrupted. */
const ROUNDS = 16;
const BUFFER_KIB = 16;

/** Clocks that can be read so. CLOCK_REALTIME is no clock of tracefs: TAI is, whole seconds from it. */
export type ReadClock = 'mono' | 'boot' | 'tai';

/** Two instances for readings; they record nothing but marks. */
export class ClockPairs {
  readonly #ticks: TraceInstance;
  readonly #other: TraceInstance;
  readonly #clock: ReadClock;

  private constructor(ticks: TraceInstance, other: TraceInstance, clock: ReadClock) {
    this.#ticks = ticks;
    this.#other = other;
    this.#clock = clock;
  }

  /** Makes the instances, named after the recording and the clock. Throws an IotraceError. */
  static async create(
    files: TraceFiles,
    name: string,
    watchdog: Watchdog,
    read: ReadClock = 'mono',
  ): Promise<ClockPairs> {
    const make = async (clock: ReadClock | 'x86-tsc', suffix: string): Promise<TraceInstance> => {
      await watchdog.guard({ folder: `${files.root}/instances/${name}-${suffix}` });
      return TraceInstance.create(files, `${name}-${suffix}`, { bufferKib: BUFFER_KIB, clock });
    };
    const ticks = await make('x86-tsc', 'ticks');
    try {
      const other = await make(read, read);
      await ticks.on();
      await other.on();
      return new ClockPairs(ticks, other, read);
    } catch (error) {
      await ticks.remove();
      throw error;
    }
  }

  /** One reading as `parsers/facts` reads it, `mono NS tsc TICKS width TICKS`; '' when the marks did not arrive. */
  async read(): Promise<string> {
    await this.#mark();
    const ticks = marksOf(
      await this.#ticks.text(),
      /\s(\d{1,20}): (?:tracing_mark_write|print): ([ac]\d+)$/gm,
    );
    const other = marksOf(
      await this.#other.text(),
      /\s(\d{1,12}\.\d{6}): (?:tracing_mark_write|print): (b\d+)$/gm,
    );
    await this.#ticks.forget();
    await this.#other.forget();
    let best = { width: -1n, line: '' };
    for (let round = 0; round < ROUNDS; round++) {
      const [before, at, after] = [ticks.get(`a${round}`), other.get(`b${round}`), ticks.get(`c${round}`)];
      if (before === undefined || at === undefined || after === undefined) continue;
      const width = BigInt(after) - BigInt(before);
      if (width < 0n || (best.width >= 0n && width >= best.width)) continue;
      // 38.875870 s
      const ns = BigInt(at.replace('.', '')) * 1000n;
      const told = this.#clock === 'tai' ? realtime(ns) : `${this.#clock} ${ns}`;
      best = { width, line: `${told} tsc ${BigInt(before) + width / 2n} width ${width}\n` };
    }
    return best.line;
  }

  /** Counter, clock, counter, so often; nothing of ours comes between them. */
  async #mark(): Promise<void> {
    const ticks = await this.#ticks.marker();
    const other = await this.#other.marker();
    for (let round = 0; round < ROUNDS; round++) {
      mark(ticks, `a${round}`);
      mark(other, `b${round}`);
      mark(ticks, `c${round}`);
    }
    await ticks.close();
    await other.close();
  }

  async remove(): Promise<void> {
    await this.#ticks.remove();
    await this.#other.remove();
  }
}

/** CLOCK_REALTIME of a TAI time: whole seconds less, as many as the kernel was told of leap seconds (none where nobody did). */
function realtime(tai: bigint): string {
  const ahead = Number(tai / 1_000_000n) - Date.now();
  return `real ${tai - BigInt(Math.round(ahead / 1000)) * 1_000_000_000n}`;
}

/**
 * The kernel copies a mark's text without waiting for memory: where that is not at hand the mark is missing, which is no error
 * (tracing_mark_write, kernel/trace/trace.c).
 */
function mark(marker: TraceMarker, text: string): void {
  try {
    marker.write(text);
  } catch (error) {
    if (systemCode(error) !== 'EFAULT') throw error;
  }
}

function marksOf(text: string, form: RegExp): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(form)].map(([, time, mark]) => [mark!, time!] as const));
}

/** Whether the tracer here can stamp with the processor's counter. */
export async function hasTicks(files: TraceFiles): Promise<boolean> {
  return /(?:^|\s)\[?x86-tsc\]?(?:\s|$)/.test(await files.read('trace_clock').catch(() => ''));
}

const CLOCKSOURCE = '/sys/devices/system/clocksource/clocksource0/current_clocksource';

/** Whether, too, the kernel takes the time of day from it: then it is the same on all CPUs and never stops (kernel/time/clocksource.c). */
export async function hasSteadyTicks(files: TraceFiles): Promise<boolean> {
  const source = await readFile(CLOCKSOURCE, 'latin1').catch(() => '');
  return source.trim() === 'tsc' && (await hasTicks(files));
}
