/**
 * Records with instances of tracefs: one for what happens on the machine, one for what the chosen tasks do, because a
 * filter by task holds for all events of an instance.
 */
import { join } from 'node:path';
import { ftraceText } from '../../../parsers/ftrace-text.ts';
import type { FactText } from '../machine-facts.ts';
import { probeGroupOf } from '../run-name.ts';
import type { PassEnd, Recorded, Setting, TaskChoice, Tracer, TracerPlan } from '../tracer.ts';
import type { Scope } from '../wanted-point.ts';
import { ClockPairs } from './clock-pairs.ts';
import { Drain } from './drain.ts';
import { ProbeGroup } from './probe-group.ts';
import { type ArmedEvent, type CpuCounts, TraceInstance } from './trace-instance.ts';

/** In this order in the bundle: at equal microseconds the disk's completion precedes the call's return. */
const SCOPES: readonly Scope[] = ['machine', 'tasks'];

/**
 * Printing an event takes the kernel several times as long as recording it. So what is recorded stays in the buffers, and a short
 * recording is printed when it is over, but for this: with so much of a buffer in use the rest may be filled before it is looked at again.
 */
const MOST_WAITING = 0.25;
/** At the latest then, so that what a machine takes down with it is little. */
const LONGEST_WAIT_MS = 10_000;

/** A tracer that has touched nothing yet. */
export function tracefsTracer(plan: TracerPlan): Tracer {
  return new TracefsTracer(plan);
}

class TracefsTracer implements Tracer {
  readonly #plan: TracerPlan;
  readonly #instances: TraceInstance[] = [];
  readonly #probes: ProbeGroup;
  readonly #drain: Drain;
  readonly #readings: FactText[] = [];
  #clocks: ClockPairs | undefined;
  /** When the buffers were empty last. */
  #emptyMs = 0;

  constructor(plan: TracerPlan) {
    this.#plan = plan;
    this.#probes = new ProbeGroup(plan.files, probeGroupOf(plan.name));
    this.#drain = new Drain(plan.maxBytes);
  }

  async prepare({ tasks, watchdog }: Setting): Promise<readonly string[]> {
    const { files, name, points, bufferKib, clock = 'mono', folder } = this.#plan;
    const missing: string[] = [];
    if (clock === 'x86-tsc') this.#clocks = await ClockPairs.create(files, name, watchdog);
    await this.#probes.guard(watchdog, points);
    for (const scope of SCOPES) {
      const own = points.filter((point) => point.scope === scope);
      if (own.length === 0) continue;
      await watchdog.guard({
        folder: `${files.root}/instances/${name}-${scope}`,
        keep: join(folder, scope),
      });
      const instance = await TraceInstance.create(files, `${name}-${scope}`, { bufferKib, clock });
      this.#instances.push(instance);
      if (scope === 'tasks') await chooseTasks(instance, tasks);
      const events = await this.#probes.events(own);
      missing.push(...events.missing);
      const armed = scope === 'tasks' && isFixed(tasks) ? ofTasks(events.found, tasks.exactly) : events.found;
      await instance.arm(armed);
      await this.#drain.open(instance, scope, folder);
    }
    return missing;
  }

  async on(): Promise<void> {
    await this.#readClocks('before');
    this.#emptyMs = performance.now();
    for (const instance of this.#instances) await instance.on();
  }

  async pass(): Promise<PassEnd> {
    if (!this.#drain.full && this.#isDue) {
      await this.#drain.pass();
      if (!this.#drain.behind) this.#emptyMs = performance.now();
    }
    if (this.#drain.full) return 'full';
    return this.#drain.behind ? 'behind' : 'empty';
  }

  /** Whether the buffers have to be emptied now. */
  get #isDue(): boolean {
    if (this.#drain.behind || performance.now() - this.#emptyMs >= LONGEST_WAIT_MS) return true;
    return this.#drain.hasWaiting(this.#plan.bufferKib * 1024 * MOST_WAITING);
  }

  async lostSoFar(): Promise<number> {
    let lost = 0;
    for (const instance of this.#instances)
      for (const cpu of await instance.cpus()) lost += (await instance.counts(cpu)).lost;
    return lost;
  }

  async off(): Promise<void> {
    for (const instance of this.#instances) await instance.off();
    await this.#readClocks('after');
    await this.#drain.rest();
  }

  async collect(): Promise<Recorded> {
    const all = new Map<TraceInstance, CpuCounts[]>();
    for (const instance of this.#instances) {
      const cpus = await instance.cpus();
      all.set(instance, await Promise.all(cpus.map((cpu) => instance.counts(cpu))));
    }
    const streams = (await this.#drain.close()).map(({ name, file, bytes, instance, cpu }) => ({
      name,
      machine: this.#plan.machine,
      format: ftraceText.name,
      clock: this.#plan.clock ?? 'mono',
      file,
      bytes,
      counts: all.get(instance)!.find((counts) => counts.cpu === cpu)!,
    }));
    const lost = (counts: readonly { lost: number }[]) => counts.reduce((sum, each) => sum + each.lost, 0);
    const lostElsewhere = lost([...all.values()].flat()) - lost(streams.map(({ counts }) => counts));
    return { streams, lostElsewhere, readings: this.#readings, notes: await this.#probes.missedHits() };
  }

  async undo(): Promise<void> {
    const failures: unknown[] = [];
    const attempt = (done: Promise<unknown>) => done.catch((error: unknown) => failures.push(error));
    for (const instance of this.#instances) await attempt(instance.off());
    await attempt(this.#drain.close());
    for (const instance of this.#instances.splice(0))
      await attempt(
        instance.remove().catch((error: unknown) => {
          // Whoever undoes once more tries again.
          this.#instances.push(instance);
          throw error;
        }),
      );
    if (this.#clocks !== undefined) await attempt(this.#clocks.remove());
    // Last: a probe that an instance records cannot be removed.
    await attempt(this.#probes.remove());
    if (failures.length > 0) throw failures.at(-1);
  }

  /** What relates a counter to time; mono needs nothing. */
  async #readClocks(order: 'before' | 'after'): Promise<void> {
    const text = (await this.#clocks?.read()) ?? '';
    if (text !== '') this.#readings.push({ name: `clocks-${order}`, text });
  }
}

async function chooseTasks(instance: TraceInstance, tasks: TaskChoice): Promise<void> {
  if (tasks === 'all' || isFixed(tasks)) return;
  if ('only' in tasks) await instance.onlyTasks(tasks.only);
  else await instance.allTasksBut(tasks.but);
}

function isFixed(tasks: TaskChoice): tasks is Extract<TaskChoice, { exactly: unknown }> {
  return tasks !== 'all' && 'exactly' in tasks;
}

/** The same events, of these tasks alone. Unlike a filter of the instance this one does not watch each switch of a task. */
function ofTasks(events: readonly ArmedEvent[], tids: readonly number[]): ArmedEvent[] {
  const own = ranges(tids)
    .map(({ first, last }) =>
      first === last ? `common_pid == ${first}` : `(common_pid >= ${first} && common_pid <= ${last})`,
    )
    .join(' || ');
  return events.map(({ path, filter }) => ({
    path,
    filter: filter === undefined ? own : `(${filter}) && (${own})`,
  }));
}

/** Runs of numbers without a hole: the threads of a guest were made one after the other. */
function ranges(numbers: readonly number[]): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run.last === number - 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs;
}
