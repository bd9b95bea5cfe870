/**
 * Readings of CLOCK_MONOTONIC and the processor's counter taken together, without a program of our own: marks written into two
 * instances whose clocks are these two.
 */
import { systemCode } from '../../errors.ts';
import type { Watchdog } from '../watchdog.ts';
import type { TraceFiles, TraceMarker } from './trace-files.ts';
import { TraceInstance } from './trace-instance.ts';

/** The narrowest of so many is taken: each can be interrupted. */
const ROUNDS = 16;
const BUFFER_KIB = 16;

/** Two instances for readings; they record nothing but marks. */
export class ClockPairs {
  readonly #ticks: TraceInstance;
  readonly #mono: TraceInstance;

  private constructor(ticks: TraceInstance, mono: TraceInstance) {
    this.#ticks = ticks;
    this.#mono = mono;
  }

  /** Makes the instances. Throws an IotraceError. */
  static async create(files: TraceFiles, name: string, watchdog: Watchdog): Promise<ClockPairs> {
    const make = async (clock: 'mono' | 'x86-tsc', suffix: string): Promise<TraceInstance> => {
      await watchdog.guard({ folder: `${files.root}/instances/${name}-${suffix}` });
      return TraceInstance.create(files, `${name}-${suffix}`, { bufferKib: BUFFER_KIB, clock });
    };
    const ticks = await make('x86-tsc', 'ticks');
    try {
      const mono = await make('mono', 'mono');
      await ticks.on();
      await mono.on();
      return new ClockPairs(ticks, mono);
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
    const mono = marksOf(
      await this.#mono.text(),
      /\s(\d{1,12}\.\d{6}): (?:tracing_mark_write|print): (b\d+)$/gm,
    );
    await this.#ticks.forget();
    await this.#mono.forget();
    let best = { width: -1n, line: '' };
    for (let round = 0; round < ROUNDS; round++) {
      const [before, at, after] = [ticks.get(`a${round}`), mono.get(`b${round}`), ticks.get(`c${round}`)];
      if (before === undefined || at === undefined || after === undefined) continue;
      const width = BigInt(after) - BigInt(before);
      if (width < 0n || (best.width >= 0n && width >= best.width)) continue;
      // 38.875870 s
      const ns = BigInt(at.replace('.', '')) * 1000n;
      best = { width, line: `mono ${ns} tsc ${BigInt(before) + width / 2n} width ${width}\n` };
    }
    return best.line;
  }

  /** Counter, clock, counter, so often; nothing of ours comes between them. */
  async #mark(): Promise<void> {
    const ticks = await this.#ticks.marker();
    const mono = await this.#mono.marker();
    for (let round = 0; round < ROUNDS; round++) {
      mark(ticks, `a${round}`);
      mark(mono, `b${round}`);
      mark(ticks, `c${round}`);
    }
    await ticks.close();
    await mono.close();
  }

  async remove(): Promise<void> {
    await this.#ticks.remove();
    await this.#mono.remove();
  }
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
