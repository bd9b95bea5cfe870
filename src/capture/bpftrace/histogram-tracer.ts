/** Counts in the kernel instead of recording: bpf/histograms/disk.bt. What it kept is printed when it ends, and is small however long it ran. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { IotraceError, quoted } from '../../errors.ts';
import type { PassEnd, Recorded, Setting, TaskChoice, Tracer, TracerPlan } from '../tracer.ts';
import { startChild, type TracingChild } from '../tracing-child.ts';
import { askBpftrace } from './bpftrace-host.ts';
import { ATTACHED } from './bpftrace-tracer.ts';
import { missedHits } from './missed-hits.ts';
import { SCRIPT_FOLDER } from './script-library.ts';

export interface HistogramPlan extends Pick<TracerPlan, 'files' | 'name' | 'folder'> {
  /** The disk's number, major << 20 | minor. */
  readonly dev: number;
}

/** Format of its one stream: nothing but the histogram's own reader takes it. */
export const COUNTS_FORMAT = 'bpftrace counts';
const ATTACH_MS = 60_000;
const PRINT_MS = 30_000;
/** Requests and calls in flight at once. */
const MOST_KEYS = 16_384;

/** A tracer that has touched nothing yet. Of the tasks it takes one process and what it starts, or all. */
export function histogramTracer(plan: HistogramPlan): Tracer & { readonly missed: () => number | undefined } {
  return new HistogramTracer(plan);
}

class HistogramTracer implements Tracer {
  readonly #plan: HistogramPlan;
  readonly #file: string;
  #child: TracingChild | undefined;
  #version = '';
  #missed: number | undefined;

  constructor(plan: HistogramPlan) {
    this.#plan = plan;
    this.#file = join(plan.folder, 'counts.json');
  }

  missed(): number | undefined {
    return this.#missed;
  }

  async prepare({ tasks, watchdog }: Setting): Promise<readonly string[]> {
    const { files, folder, name, dev } = this.#plan;
    const text = await readFile(join(SCRIPT_FOLDER, 'histograms', 'disk.bt'), 'utf8');
    const wanted = [...text.matchAll(/^tracepoint:\S+?(?=,?$)/gm)].map(([probe]) => probe);
    const host = await askBpftrace(files, wanted);
    this.#version = host.version;
    const missing = wanted.filter((probe) => host.probeOf(probe) === undefined);
    const path = join(folder, 'counts.bt');
    await writeFile(path, without(text, missing), { mode: 0o600 });
    this.#child = await startChild(
      {
        command: 'bpftrace',
        args: ['-f', 'json', '-o', this.#file, path, String(dev), String(processOf(tasks))],
        env: { ...host.bounds(MOST_KEYS), [ATTACHED]: '1' },
        mark: name,
      },
      watchdog,
    );
    const child = this.#child;
    const attached = () => `${child.output.stdout}${child.output.stderr}`.includes(ATTACHED);
    if (!(await child.until(attached, ATTACH_MS))) throw this.#refused();
    return missing.map((probe) => probe.replace('tracepoint:', ''));
  }

  async on(): Promise<void> {
    if (this.#child?.hasEnded !== false) throw this.#refused();
  }

  async pass(): Promise<PassEnd> {
    return this.#child?.hasEnded === true ? 'full' : 'empty';
  }

  async lostSoFar(): Promise<number | undefined> {
    return this.#child === undefined ? undefined : missedHits(this.#child.pid);
  }

  async off(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#missed = await missedHits(child.pid);
    child.signal('SIGINT');
    await Promise.race([child.ended, sleep(PRINT_MS, undefined, { ref: false })]);
    if (!child.hasEnded)
      throw new IotraceError('bpftrace-stuck', `bpftrace did not end within ${PRINT_MS / 1000} s.`);
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
          counts: { delivered: undefined, lost: this.#missed ?? 0 },
        },
      ],
      lostElsewhere: 0,
      notes: [`counted in the kernel by ${this.#version.replace(/^bpftrace v?/, 'bpftrace ')}`],
    };
  }

  async undo(): Promise<void> {
    this.#child?.signal('SIGKILL');
    await this.#child?.ended;
  }

  #refused(): IotraceError {
    const said = this.#child?.output.stderr ?? '';
    const why = said.split('\n').filter((line) => /ERROR/.test(line) && !/RLIMIT_MEMLOCK/.test(line));
    return new IotraceError('bpftrace-failed', `bpftrace ended: ${quoted(why.at(-1) ?? said.trim())}.`, {
      hint: 'Histograms need root, BPF in the kernel, and no lockdown.',
    });
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
