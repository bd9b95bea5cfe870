/** bpftrace while a script of ours runs in it: started and attached, asked for what it missed, ended. */
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { IotraceError, quoted } from '../../errors.ts';
import type { PassEnd, Setting } from '../tracer.ts';
import { startChild, type TracingChild } from '../tracing-child.ts';
import type { BpftraceHost } from './bpftrace-host.ts';
import { missedHits } from './missed-hits.ts';

/** What bpftrace prints, on stderr or stdout, once all probes are attached, when this is in its environment. */
const ATTACHED = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';
/** Compiling and attaching: 13.8 s were seen for 30 probes on an emulated machine. */
const ATTACH_MS = 60_000;

/** It looks for a signal every 100 ms, then detaches its probes one by one. */
const NOTICE_MS = 1000;
const MOST_SIGNALS = 10;

export interface ScriptPlan {
  /** Where its JSON goes. */
  readonly output: string;
  /** Name of the recording. */
  readonly name: string;
  /** What it takes to print its maps at the end, milliseconds. */
  readonly printMs: number;
  /** What an error of it leaves to do, as sentences. */
  readonly hints: { readonly refused: string; readonly stuck?: string };
}

export class RunningScript {
  readonly #plan: ScriptPlan;
  #child: TracingChild | undefined;
  #missed: number | undefined;
  /** It was told to end, and does not begin any more. */
  #isOver = false;

  constructor(plan: ScriptPlan) {
    this.#plan = plan;
  }

  /** Hits that came while another BPF program ran on their CPU, as of `end`; undefined where the kernel does not tell. */
  get missed(): number | undefined {
    return this.#missed;
  }

  /** What it complained of. */
  get complaints(): string {
    return this.#child?.output.stderr ?? '';
  }

  /** Runs the script in the file with its arguments; `keys` elements may be in a map. False: it did not get attached. Throws once it was killed. */
  async start(
    [file, ...args]: readonly [string, ...string[]],
    { bounds }: Pick<BpftraceHost, 'bounds'>,
    keys: number,
    watchdog: Setting['watchdog'],
  ): Promise<boolean> {
    if (this.#isOver) throw this.refused();
    const { output, name } = this.#plan;
    const child = await startChild(
      {
        command: 'bpftrace',
        args: ['-f', 'json', '-o', output, file, ...args],
        env: { ...bounds(keys), [ATTACHED]: '1' },
        mark: name,
      },
      watchdog,
    );
    this.#child = child;
    // Killed while it was started.
    if (this.#isOver) await child.kill();
    const isAttached = await child.until(
      () => `${child.output.stdout}${child.output.stderr}`.includes(ATTACHED),
      ATTACH_MS,
    );
    // Nothing of its script is wrong then, and another try is none that is wanted.
    if (this.#isOver) throw this.refused();
    return isAttached;
  }

  /** Throws when it has ended by itself. */
  async check(): Promise<void> {
    if (this.#child?.hasEnded !== false) throw this.refused();
  }

  async pass(): Promise<PassEnd> {
    // It has no way to say that it is full but to end.
    return this.#child?.hasEnded === true ? 'full' : 'empty';
  }

  async missedSoFar(): Promise<number | undefined> {
    return this.#child === undefined ? undefined : missedHits(this.#child.pid);
  }

  /** Lets it print what it kept, and waits for that. */
  async end(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#missed = await missedHits(child.pid);
    const { printMs, hints } = this.#plan;
    await interrupt(child);
    await Promise.race([child.ended, sleep(printMs, undefined, { ref: false })]);
    if (!child.hasEnded)
      throw new IotraceError('bpftrace-stuck', `bpftrace did not end within ${printMs / 1000} s.`, {
        hint: hints.stuck,
      });
  }

  async kill(): Promise<void> {
    this.#isOver = true;
    await this.#child?.kill();
  }

  /** Why it does not run, in its own words. */
  refused(): IotraceError {
    const why = this.complaints
      .split('\n')
      .filter((line) => /ERROR/.test(line) && !/RLIMIT_MEMLOCK/.test(line));
    const said = quoted(why.at(-1) ?? this.complaints.trim());
    return new IotraceError('bpftrace-failed', `bpftrace ended: ${said}.`, {
      hint: this.#plan.hints.refused,
    });
  }
}

/**
 * Tells it to end until it does so: up to 0.20 at least it goes by whether the signal broke off its epoll_wait, so one that
 * comes between two of them is not seen (poll_perf_events in bpftrace.cpp; 1 of 20 was seen to be missed). That it has
 * begun is seen from the probes it closed. Not a moment later is it told again, as then the signal would end it
 * without a print.
 */
async function interrupt(child: TracingChild): Promise<void> {
  const before = await openFiles(child.pid);
  for (let signals = 0; signals < MOST_SIGNALS && !child.hasEnded; signals++) {
    child.interrupt();
    await Promise.race([child.ended, sleep(NOTICE_MS, undefined, { ref: false })]);
    const now = await openFiles(child.pid);
    if (before === undefined || now === undefined || now < before) return;
  }
}

/** How many files a process has open, its probes among them; undefined when it cannot be told. */
function openFiles(pid: number): Promise<number | undefined> {
  return readdir(`/proc/${pid}/fd`).then(
    (names) => names.length,
    () => undefined,
  );
}
