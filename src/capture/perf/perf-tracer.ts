/**
 * Records with `perf record`, and keeps its perf.data as it is. Two of them, as with tracefs: one for the machine, one for
 * the chosen tasks, which perf follows into what they start.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { perfData } from '../../../parsers/perf-data.ts';
import { IotraceError, quoted } from '../../errors.ts';
import { probeGroupOf } from '../run-name.ts';
import { ProbeGroup } from '../tracefs/probe-group.ts';
import type { ArmedEvent } from '../tracefs/trace-instance.ts';
import type { PassEnd, Recorded, RecordedStream, Setting, Tracer, TracerPlan } from '../tracer.ts';
import { startChild, type TracingChild } from '../tracing-child.ts';
import type { Scope } from '../wanted-point.ts';
import { perfArguments } from './perf-arguments.ts';
import { PerfControl } from './perf-control.ts';
import { askPerf } from './perf-host.ts';

const SCOPES: readonly Scope[] = ['machine', 'tasks'];
/** Writing the rest of the buffers and the header. */
const END_MS = 60_000;

/** A tracer that has touched nothing yet. */
export function perfTracer(plan: TracerPlan): Tracer {
  return new PerfTracer(plan);
}

interface Running {
  readonly scope: Scope;
  readonly file: string;
  readonly control: PerfControl;
  readonly child: TracingChild;
}

class PerfTracer implements Tracer {
  readonly #plan: TracerPlan;
  readonly #probes: ProbeGroup;
  readonly #running: Running[] = [];
  readonly #controls: PerfControl[] = [];
  #version = '';

  constructor(plan: TracerPlan) {
    this.#plan = plan;
    this.#probes = new ProbeGroup(plan.files, probeGroupOf(plan.name));
  }

  async prepare(setting: Setting): Promise<readonly string[]> {
    const { points } = this.#plan;
    this.#version = await askPerf();
    await this.#probes.guard(setting.watchdog, points);
    const missing: string[] = [];
    for (const scope of SCOPES) {
      const own = points.filter((point) => point.scope === scope);
      const events = await this.#probes.events(own);
      missing.push(...events.missing);
      if (events.found.length > 0) await this.#start(scope, events.found, setting);
    }
    return missing;
  }

  async on(): Promise<void> {
    for (const running of this.#running)
      if (!(await running.control.tell('enable', running.child))) throw failed(running.child);
  }

  async pass(): Promise<PassEnd> {
    let bytes = 0;
    for (const { file, child } of this.#running) {
      if (child.hasEnded) throw failed(child);
      bytes += (await stat(file)).size;
    }
    return bytes >= this.#plan.maxBytes ? 'full' : 'empty';
  }

  async lostSoFar(): Promise<undefined> {
    return undefined;
  }

  async off(): Promise<void> {
    for (const { control, child } of this.#running) await control.tell('disable', child);
    for (const { child } of this.#running) child.interrupt();
    const all = Promise.all(this.#running.map(({ child }) => child.ended));
    await Promise.race([all, sleep(END_MS, undefined, { ref: false })]);
    const stuck = this.#running.find(({ child }) => !child.hasEnded);
    if (stuck !== undefined)
      throw new IotraceError('perf-stuck', `perf did not end within ${END_MS / 1000} s.`, {
        hint: 'Is there room where it writes? What it wrote is kept.',
      });
  }

  async collect(): Promise<Recorded> {
    const streams: RecordedStream[] = [];
    for (const { scope, file } of this.#running)
      streams.push({
        name: `${this.#plan.machine}-${scope}.perf.data`,
        machine: this.#plan.machine,
        format: perfData.name,
        file,
        bytes: (await stat(file)).size,
        // What was lost is in the stream: records in its place, and each event's own count at the end.
        counts: { delivered: undefined, lost: 0 },
      });
    return {
      streams,
      lostElsewhere: 0,
      notes: [`recorded by ${this.#version}`, ...(await this.#probes.missedHits())],
    };
  }

  async undo(): Promise<void> {
    await Promise.all(this.#running.map(({ child }) => child.kill()));
    for (const control of this.#controls.splice(0)) await control.close();
    await this.#probes.remove();
  }

  async #start(scope: Scope, events: readonly ArmedEvent[], { tasks, watchdog }: Setting): Promise<void> {
    const { folder, machine, bufferKib, name } = this.#plan;
    const file = join(folder, `${machine}-${scope}.perf.data`);
    const control = new PerfControl(folder, `${machine}-${scope}`);
    this.#controls.push(control);
    await control.open();
    const args = perfArguments({
      output: file,
      events,
      tasks: scope === 'tasks' ? tasks : 'all',
      bufferKib,
      control,
    });
    const child = await startChild({ command: 'perf', args, env: {}, mark: name }, watchdog);
    this.#running.push({ scope, file, control, child });
    // It answers once everything is attached.
    if (!(await control.tell('disable', child))) throw failed(child);
  }
}

function failed(child: TracingChild): IotraceError {
  const said = child.output.stderr
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '');
  return new IotraceError('perf-failed', `perf ended: ${quoted(said[0] ?? 'it said nothing')}.`, {
    hint: 'perf record as root works on the host itself; in containers it often does not. Without it: --tracer tracefs.',
  });
}
