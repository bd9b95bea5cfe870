/** Counts in the kernel instead of recording: bpf/histograms/disk.bt. What it kept is printed when it ends, and is small however long it ran. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PassEnd, Recorded, Setting, TaskChoice, Tracer, TracerPlan } from '../tracer.ts';
import { askBpftrace } from './bpftrace-host.ts';
import { RunningScript } from './running-script.ts';
import { SCRIPT_FOLDER } from './script-library.ts';

export interface HistogramPlan extends Pick<TracerPlan, 'files' | 'name' | 'folder'> {
  /** The disk's number, major << 20 | minor. */
  readonly dev: number;
}

/** Format of its one stream: nothing but the histogram's own reader takes it. */
export const COUNTS_FORMAT = 'bpftrace counts';
const PRINT_MS = 30_000;
/** Requests and calls in flight at once. */
const MOST_KEYS = 16_384;

export interface HistogramFacts {
  /** Hits that nested in another program, once it has ended; undefined where the kernel does not tell. */
  missed(): number | undefined;
  /** Requests are counted whoever issued them, not those of one process. */
  countsAll(): boolean;
}

/** A tracer that has touched nothing yet. Of the tasks it takes one process and what it starts, or all. */
export function histogramTracer(plan: HistogramPlan): Tracer & HistogramFacts {
  return new HistogramTracer(plan);
}

class HistogramTracer implements Tracer, HistogramFacts {
  readonly #plan: HistogramPlan;
  readonly #file: string;
  readonly #script: RunningScript;
  #version = '';
  #process = 0;

  constructor(plan: HistogramPlan) {
    this.#plan = plan;
    this.#file = join(plan.folder, 'counts.json');
    this.#script = new RunningScript({
      output: this.#file,
      name: plan.name,
      printMs: PRINT_MS,
      hints: { refused: 'Histograms need root, BPF in the kernel, and no lockdown.' },
    });
  }

  missed(): number | undefined {
    return this.#script.missed;
  }

  countsAll(): boolean {
    return this.#process === 0;
  }

  async prepare({ tasks, watchdog }: Setting): Promise<readonly string[]> {
    const { files, folder, dev } = this.#plan;
    const text = await readFile(join(SCRIPT_FOLDER, 'histograms', 'disk.bt'), 'utf8');
    const wanted = [...text.matchAll(/^tracepoint:\S+?(?=,?$)/gm)].map(([probe]) => probe);
    const host = await askBpftrace(files, wanted);
    this.#version = host.version;
    const missing = wanted.filter((probe) => host.probeOf(probe) === undefined);
    const path = join(folder, 'counts.bt');
    await writeFile(path, without(text, missing), { mode: 0o600 });
    this.#process = processOf(tasks);
    const args = [path, String(dev), String(this.#process)] as const;
    if (!(await this.#script.start(args, host, MOST_KEYS, watchdog))) throw this.#script.refused();
    return missing.map((probe) => probe.replace('tracepoint:', ''));
  }

  async on(): Promise<void> {
    await this.#script.check();
  }

  async pass(): Promise<PassEnd> {
    return this.#script.pass();
  }

  async lostSoFar(): Promise<number | undefined> {
    return this.#script.missedSoFar();
  }

  async off(): Promise<void> {
    await this.#script.end();
  }

  async collect(): Promise<Recorded> {
    const { size } = await stat(this.#file);
    return {
      streams: [
        {
          name: 'counts.json',
          machine: 'host',
          format: COUNTS_FORMAT,
          file: this.#file,
          bytes: size,
          counts: { delivered: undefined, lost: this.#script.missed ?? 0 },
        },
      ],
      lostElsewhere: 0,
      notes: [`counted in the kernel by ${this.#version.replace(/^bpftrace v?/, 'bpftrace ')}`],
    };
  }

  async undo(): Promise<void> {
    await this.#script.kill();
  }
}

/** The one process that is counted; 0: all. */
function processOf(tasks: TaskChoice): number {
  return typeof tasks !== 'string' && 'only' in tasks ? tasks.only[0]! : 0;
}

/** The script without probes that this kernel does not have: one of them would end it. Those stand in lists, one a line. */
function without(script: string, missing: readonly string[]): string {
  let text = script;
  for (const probe of missing) text = text.replace(`\n${probe},\n`, '\n').replace(`,\n${probe}\n`, '\n');
  return text;
}
