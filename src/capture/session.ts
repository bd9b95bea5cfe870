/**
 * One recording of this machine: prepare → trace → stop → collect, and everything that was switched on is switched off
 * again, however it ends. What the kernel printed is left in files; nothing here looks into it.
 */
import { EXIT_CODES, IotraceError } from '../errors.ts';
import type { Interrupts } from './interrupts.ts';
import { isOverWithin } from './patience.ts';
import type { PassEnd, Recorded, TaskChoice, Tracer } from './tracer.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';
import type { Workload, WorkloadEnd } from './workload.ts';

export interface SessionPlan {
  /** All of them record at the same time. */
  readonly tracers: readonly PlannedTracer[];
  /** Requests the disk has completed so far, by its own count. */
  readonly completed: () => Promise<number>;
  /** Whether what is recorded is still there; a guest can end. */
  readonly present?: (() => Promise<boolean>) | undefined;
  /** Makes the command that is run, waiting at its gate, here or in the guest. */
  readonly workload?: (() => Promise<Workload>) | undefined;
  readonly durationMs?: number | undefined;
  readonly requests?: number | undefined;
}

/** A tracer and whom it records. */
export interface PlannedTracer {
  readonly tracer: Tracer;
  readonly tasks: TaskChoice | WorkloadTasks;
}

/** The workload's tasks, which are known once it waits at its gate; `else` where there is none. */
export interface WorkloadTasks {
  readonly else: TaskChoice;
}

export type StopReason = 'workload' | 'duration' | 'requests' | 'interrupt' | 'full' | 'gone';

export interface SessionResult extends Recorded {
  /** Names of the points that could not be armed. */
  readonly missing: readonly string[];
  readonly stopped: StopReason;
  readonly elapsedMs: number;
  /** Requests the disk completed meanwhile, by its own count. */
  readonly requests: number;
  readonly workload?: WorkloadEnd | undefined;
  /** It was killed, and has not ended. */
  readonly workloadIsHeld: boolean;
}

/** How far a running recording is. */
export interface Progress {
  readonly requests: number;
  readonly elapsedMs: number;
  /** Undefined where a tracer cannot tell. */
  readonly lost: number | undefined;
}

const WORST_FIRST: readonly PassEnd[] = ['gone', 'full', 'behind', 'empty'];

/** Seldom, so that reading disturbs few requests; a buffer of 4 MiB holds some 60,000 events. */
const IDLE_MS = 250;
const PROGRESS_MS = 500;
/** After Ctrl-C in a terminal the workload has been told as well. */
const GRACE_MS = 1000;
const KILL_MS = 5000;
/** A step that has not ended by then is one that takes long, as attaching programs of BPF does. */
const MOMENT_MS = 500;

/** Runs one recording; `watch` is called now and then. Throws an IotraceError, with everything removed. */
export async function runSession(
  plan: SessionPlan,
  interrupts: Interrupts,
  watch?: (progress: Progress) => void,
): Promise<SessionResult> {
  const session = new Session(plan, interrupts, watch);
  // Before there is anything to remove.
  const watchdog = await startWatchdog();
  try {
    await session.prepare(watchdog);
    return await session.run();
  } finally {
    // What could not be removed here the watchdog tries: it acts when it is let go.
    await session.undo().finally(() => watchdog.release());
  }
}

class Session {
  readonly #plan: SessionPlan;
  readonly #interrupts: Interrupts;
  readonly #watch: ((progress: Progress) => void) | undefined;
  readonly #tracers: readonly Tracer[];
  readonly #missing: string[] = [];
  #workload: Workload | undefined;
  #workloadEnd: WorkloadEnd | undefined;
  #startedMs = 0;
  #requestsBefore = 0;
  #progressMs = 0;
  #passEnd: PassEnd = 'empty';
  /** What the second Ctrl-C did not wait for: until it ends it may arm something. */
  #left: Promise<void> | undefined;
  #wake = (): void => undefined;

  constructor(plan: SessionPlan, interrupts: Interrupts, watch: ((progress: Progress) => void) | undefined) {
    this.#plan = plan;
    this.#interrupts = interrupts;
    this.#watch = watch;
    this.#tracers = plan.tracers.map(({ tracer }) => tracer);
    interrupts.wake = () => this.#wake();
  }

  /** The waiting workload, and everything armed; nothing is recorded yet. */
  async prepare(watchdog: Watchdog): Promise<void> {
    const { workload, tracers } = this.#plan;
    if (workload !== undefined) await this.#prepareWorkload(workload);
    for (const { tracer, tasks } of tracers)
      this.#missing.push(
        ...(await this.#unlessInsisted(tracer.prepare({ tasks: this.#chosen(tasks), watchdog }))),
      );
  }

  async run(): Promise<SessionResult> {
    this.#requestsBefore = await this.#plan.completed();
    for (const tracer of this.#tracers) await tracer.on();
    this.#startedMs = performance.now();
    this.#workload?.start();
    let stopped: StopReason | undefined;
    await this.#drainUntil(async () => {
      stopped = await this.#whyStop();
      return stopped !== undefined;
    });
    const elapsedMs = this.#elapsedMs();
    const requests = await this.#requestsSoFar();
    await this.#endWorkload(stopped!);
    for (const tracer of this.#tracers) await this.#unlessInsisted(tracer.off());
    return {
      ...(await this.#unlessInsisted(this.#collect())),
      missing: this.#missing,
      stopped: stopped!,
      elapsedMs,
      requests,
      workload: this.#workloadEnd,
      workloadIsHeld: this.#workload !== undefined && this.#workloadEnd === undefined,
    };
  }

  /** Takes back whatever of the above was done. Does nothing when called again. */
  async undo(): Promise<void> {
    if (this.#workload !== undefined && this.#workloadEnd === undefined) this.#workload.signal('SIGKILL');
    // What takes a moment is waited for, so that nothing is armed behind this; what takes longer is ended by it.
    const isOver = this.#left === undefined || (await isOverWithin(this.#left, MOMENT_MS));
    try {
      await this.#undoTracers();
    } finally {
      if (!isOver) {
        await isOverWithin(this.#left!, KILL_MS);
        await this.#undoTracers();
      }
    }
  }

  async #undoTracers(): Promise<void> {
    const failures: unknown[] = [];
    for (const tracer of this.#tracers) await tracer.undo().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures.at(-1);
  }

  async #prepareWorkload(prepare: () => Promise<Workload>): Promise<void> {
    const workload = await prepare();
    this.#workload = workload;
    void workload.ended.then((end) => {
      this.#workloadEnd = end;
      this.#wake();
    });
  }

  /** Attaching can take half a minute and printing two, which the second Ctrl-C need not wait for. */
  async #unlessInsisted<T>(step: Promise<T>): Promise<T> {
    const insisted = new Promise<never>((_, fail) => {
      this.#wake = () => this.#interrupts.insisted && fail(aborted());
    });
    const over = step.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([step, insisted]);
    } catch (error) {
      this.#left = over;
      throw error;
    }
  }

  #chosen(tasks: TaskChoice | WorkloadTasks): TaskChoice {
    if (typeof tasks === 'string' || !('else' in tasks)) return tasks;
    return this.#workload === undefined ? tasks.else : { only: [this.#workload.pid] };
  }

  async #whyStop(): Promise<StopReason | undefined> {
    const { durationMs, requests, present } = this.#plan;
    // With the guest its workload ends as well.
    if (this.#passEnd === 'gone') return 'gone';
    if (this.#workloadEnd !== undefined) return 'workload';
    if (this.#interrupts.asked) return 'interrupt';
    if (this.#passEnd === 'full') return 'full';
    if ((await present?.()) === false) return 'gone';
    if (durationMs !== undefined && this.#elapsedMs() >= durationMs) return 'duration';
    if (requests !== undefined && (await this.#requestsSoFar()) >= requests) return 'requests';
    return undefined;
  }

  async #endWorkload(stopped: StopReason): Promise<void> {
    const workload = this.#workload;
    if (workload === undefined) return;
    const ended = async () => this.#workloadEnd !== undefined;
    if (await this.#drainUntil(ended, stopped === 'interrupt' ? GRACE_MS : 0)) return;
    workload.signal('SIGTERM');
    if (await this.#drainUntil(ended, KILL_MS)) return;
    workload.signal('SIGKILL');
    // Not even then while the kernel holds it: a disk that does not answer is what may be looked for.
    await this.#drainUntil(ended, KILL_MS);
  }

  /** Keeps the buffers empty until something is the case, or so much time has passed. Whether it is the case. */
  async #drainUntil(done: () => Promise<boolean>, mostMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const end = performance.now() + mostMs;
    for (;;) {
      if (this.#interrupts.insisted) throw aborted();
      await this.#pass();
      if (await done()) return true;
      const leftMs = end - performance.now();
      if (leftMs <= 0) return false;
      await this.#report();
      if (this.#passEnd !== 'behind') await this.#idle(Math.min(IDLE_MS, leftMs));
    }
  }

  /** Once around all tracers. What ends the recording stays said. */
  async #pass(): Promise<void> {
    const ends = new Set<PassEnd>([this.#passEnd === 'behind' ? 'empty' : this.#passEnd]);
    for (const tracer of this.#tracers) ends.add(await tracer.pass());
    this.#passEnd = WORST_FIRST.find((end) => ends.has(end))!;
  }

  /** Waits, but not past a signal, the workload's end or the end of the time asked for. */
  #idle(ms: number): Promise<void> {
    const { durationMs = Number.POSITIVE_INFINITY } = this.#plan;
    const leftMs = durationMs - this.#elapsedMs();
    return new Promise((done) => {
      const timer = setTimeout(done, leftMs > 0 ? Math.min(ms, leftMs) : ms);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  async #report(): Promise<void> {
    if (this.#watch === undefined || performance.now() < this.#progressMs) return;
    this.#progressMs = performance.now() + PROGRESS_MS;
    const losses: (number | undefined)[] = [];
    for (const tracer of this.#tracers) losses.push(await tracer.lostSoFar());
    const lost = losses.reduce(
      (sum, each) => (sum === undefined || each === undefined ? undefined : sum + each),
      0,
    );
    this.#watch({ requests: await this.#requestsSoFar(), elapsedMs: this.#elapsedMs(), lost });
  }

  async #collect(): Promise<Recorded> {
    const parts: Recorded[] = [];
    for (const tracer of this.#tracers) parts.push(await tracer.collect());
    return {
      streams: parts.flatMap(({ streams }) => streams),
      lostElsewhere: parts.reduce((sum, part) => sum + part.lostElsewhere, 0),
      readings: parts.flatMap(({ readings = [] }) => readings),
      notes: parts.flatMap(({ notes }) => notes),
    };
  }

  async #requestsSoFar(): Promise<number> {
    return (await this.#plan.completed()) - this.#requestsBefore;
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }
}

function aborted(): IotraceError {
  return new IotraceError(
    'record-aborted',
    'Stopped at once; nothing was kept, and nothing traces any more.',
    {
      exitCode: EXIT_CODES.interrupted,
    },
  );
}
