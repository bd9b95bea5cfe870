/**
 * One recording of this machine: prepare → trace → stop → collect, and everything that was switched on is switched off
 * again, however it ends. What the kernel printed is left in files; nothing here looks into it.
 */
import { EXIT_CODES, IotraceError } from '../errors.ts';
import { Drain, type DrainedStream } from './drain.ts';
import type { Interrupts } from './interrupts.ts';
import type { TraceFiles } from './trace-files.ts';
import { type CpuCounts, TraceInstance } from './trace-instance.ts';
import type { FoundEvent, Scope } from './wanted-events.ts';
import { startWatchdog } from './watchdog.ts';
import { prepareWorkload, type Workload, type WorkloadEnd, type WorkloadPlan } from './workload.ts';

export interface SessionPlan {
  readonly files: TraceFiles;
  /** Name of the recording while it runs; its instances begin with it. */
  readonly name: string;
  /** Requests the disk has completed so far, by its own count. */
  readonly completed: () => Promise<number>;
  readonly events: readonly FoundEvent[];
  readonly bufferKib: number;
  /** Existing folder for the text, and the most bytes of it. */
  readonly folder: string;
  readonly maxBytes: number;
  readonly workload?: WorkloadPlan | undefined;
  /** Calls can be filtered by pid: iotrace sees the pids that the kernel's tracer sees. */
  readonly pidsKnown: boolean;
  /** Tasks of iotrace itself, whose calls are left out when there is no workload. */
  readonly ownTasks: readonly number[];
  readonly durationMs?: number | undefined;
  readonly requests?: number | undefined;
}

export type StopReason = 'workload' | 'duration' | 'requests' | 'interrupt' | 'full';

/** A stream and what its buffer counted. */
export interface CountedStream extends DrainedStream {
  readonly counts: CpuCounts;
}

export interface SessionResult {
  readonly streams: readonly CountedStream[];
  /** Events that were lost on CPUs of which nothing else arrived. */
  readonly lostElsewhere: number;
  readonly stopped: StopReason;
  readonly elapsedMs: number;
  readonly workload?: WorkloadEnd | undefined;
}

/** How far a running recording is. */
export interface Progress {
  readonly requests: number;
  readonly elapsedMs: number;
  readonly lost: number;
}

/** Streams of a clock that prints microseconds: at equal times the disk's completion precedes the call's return. */
const SCOPES: readonly Scope[] = ['disk', 'calls'];

/** Seldom, so that reading disturbs few requests; a buffer of 4 MiB holds some 60,000 events. */
const IDLE_MS = 250;
const PROGRESS_MS = 500;
/** After Ctrl-C in a terminal the workload has been told as well. */
const GRACE_MS = 1000;
const KILL_MS = 5000;

/** Runs one recording; `watch` is called now and then. Throws an IotraceError, with everything removed. */
export async function runSession(
  plan: SessionPlan,
  interrupts: Interrupts,
  watch?: (progress: Progress) => void,
): Promise<SessionResult> {
  const session = new Session(plan, interrupts, watch);
  // Before there is anything to remove.
  const watchdog = await startWatchdog(
    SCOPES.map((scope) => `${plan.files.root}/instances/${instanceName(plan, scope)}`),
  );
  try {
    await session.prepare();
    return await session.run();
  } finally {
    await session.undo();
    await watchdog.release();
  }
}

function instanceName({ name }: SessionPlan, scope: Scope): string {
  return `${name}-${scope}`;
}

class Session {
  readonly #plan: SessionPlan;
  readonly #interrupts: Interrupts;
  readonly #watch: ((progress: Progress) => void) | undefined;
  readonly #instances: TraceInstance[] = [];
  readonly #drain: Drain;
  #workload: Workload | undefined;
  #workloadEnd: WorkloadEnd | undefined;
  #startedMs = 0;
  #requestsBefore = 0;
  #progressMs = 0;
  #wake = (): void => undefined;

  constructor(plan: SessionPlan, interrupts: Interrupts, watch: ((progress: Progress) => void) | undefined) {
    this.#plan = plan;
    this.#interrupts = interrupts;
    this.#watch = watch;
    this.#drain = new Drain(plan.maxBytes);
    interrupts.wake = () => this.#wake();
  }

  /** Instances, filters, pipes and the waiting workload; nothing is recorded yet. */
  async prepare(): Promise<void> {
    const { files, events, bufferKib, workload, folder } = this.#plan;
    if (workload !== undefined) await this.#prepareWorkload(workload);
    for (const scope of SCOPES) {
      const own = events.filter((event) => event.scope === scope);
      if (own.length === 0) continue;
      const instance = await TraceInstance.create(files, instanceName(this.#plan, scope), bufferKib);
      this.#instances.push(instance);
      if (scope === 'calls') await this.#chooseTasks(instance);
      await instance.arm(own);
      await this.#drain.open(instance, scope, folder);
    }
  }

  async run(): Promise<SessionResult> {
    this.#requestsBefore = await this.#plan.completed();
    for (const instance of this.#instances) await instance.on();
    this.#startedMs = performance.now();
    this.#workload?.start();
    let stopped: StopReason | undefined;
    await this.#drainUntil(async () => {
      stopped = await this.#whyStop();
      return stopped !== undefined;
    });
    const elapsedMs = this.#elapsedMs();
    await this.#endWorkload(stopped!);
    for (const instance of this.#instances) await instance.off();
    await this.#drain.rest();
    return { ...(await this.#collect()), stopped: stopped!, elapsedMs, workload: this.#workloadEnd };
  }

  /** Takes back whatever of the above was done. Does nothing when called again. */
  async undo(): Promise<void> {
    if (this.#workload !== undefined && this.#workloadEnd === undefined) this.#workload.signal('SIGKILL');
    const failures: unknown[] = [];
    const attempt = (done: Promise<unknown>) => done.catch((error: unknown) => failures.push(error));
    for (const instance of this.#instances) await attempt(instance.off());
    await attempt(this.#drain.close());
    for (const instance of this.#instances.splice(0)) await attempt(instance.remove());
    if (failures.length > 0) throw failures.at(-1);
  }

  async #prepareWorkload(plan: WorkloadPlan): Promise<void> {
    const workload = await prepareWorkload(plan);
    this.#workload = workload;
    void workload.ended.then((end) => {
      this.#workloadEnd = end;
      this.#wake();
    });
  }

  async #chooseTasks(instance: TraceInstance): Promise<void> {
    if (!this.#plan.pidsKnown) return;
    if (this.#workload !== undefined) await instance.onlyTasks([this.#workload.pid]);
    else await instance.allTasksBut(this.#plan.ownTasks);
  }

  async #whyStop(): Promise<StopReason | undefined> {
    const { durationMs, requests } = this.#plan;
    if (this.#workloadEnd !== undefined) return 'workload';
    if (this.#interrupts.asked) return 'interrupt';
    if (this.#drain.full) return 'full';
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
    await this.#drainUntil(ended);
  }

  /** Keeps the buffers empty until something is the case, or so much time has passed. Whether it is the case. */
  async #drainUntil(done: () => Promise<boolean>, mostMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const end = performance.now() + mostMs;
    for (;;) {
      if (this.#interrupts.insisted) throw aborted();
      if (!this.#drain.full) await this.#drain.pass();
      if (await done()) return true;
      const leftMs = end - performance.now();
      if (leftMs <= 0) return false;
      await this.#report();
      if (this.#drain.full || !this.#drain.behind) await this.#idle(Math.min(IDLE_MS, leftMs));
    }
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
    let lost = 0;
    for (const instance of this.#instances)
      for (const cpu of await instance.cpus()) lost += (await instance.counts(cpu)).lost;
    this.#watch({ requests: await this.#requestsSoFar(), elapsedMs: this.#elapsedMs(), lost });
  }

  async #collect(): Promise<Pick<SessionResult, 'streams' | 'lostElsewhere'>> {
    const all = new Map<TraceInstance, CpuCounts[]>();
    for (const instance of this.#instances) {
      const cpus = await instance.cpus();
      all.set(instance, await Promise.all(cpus.map((cpu) => instance.counts(cpu))));
    }
    const streams = (await this.#drain.close()).map((stream) => ({
      ...stream,
      counts: all.get(stream.instance)!.find(({ cpu }) => cpu === stream.cpu)!,
    }));
    const lost = (counts: readonly CpuCounts[]) => counts.reduce((sum, each) => sum + each.lost, 0);
    const lostElsewhere = lost([...all.values()].flat()) - lost(streams.map(({ counts }) => counts));
    return { streams, lostElsewhere };
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
