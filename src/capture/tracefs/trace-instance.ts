import { setTimeout as sleep } from 'node:timers/promises';
import { IotraceError, messageOf, systemCode } from '../../errors.ts';
import type { TraceFiles } from './trace-files.ts';

/** What one CPU's buffer counted, from its `stats` file (kernel/trace/trace.c, tracing_stats_read). */
export interface CpuCounts {
  readonly cpu: number;
  /** Events that were read. */
  readonly delivered: number;
  /** Events that fired and were overwritten, or found no room. */
  readonly lost: number;
  /** Events still in the buffer. */
  readonly left: number;
}

/** An event to switch on in an instance. */
export interface ArmedEvent {
  /** `block/block_rq_issue` */
  readonly path: string;
  readonly filter: string | undefined;
}

/** Clocks of the kernel's tracer (Documentation/trace/ftrace.rst, trace_clock). */
export type TraceClock =
  /** CLOCK_MONOTONIC, which applications stamp their requests with; printed in microseconds. */
  | 'mono'
  /** The processor's counter, printed whole: a guest's is a constant away from its host's. */
  | 'x86-tsc';

/** How an instance records. */
export interface InstanceOptions {
  /** KiB for each CPU. */
  readonly bufferKib: number;
  /** Recordings are of a TraceClock; others are only read (clock-pairs.ts). */
  readonly clock: TraceClock | 'boot' | 'tai';
}

/** A tracing instance of our own: its buffer, events and clock touch nobody else's. */
export class TraceInstance {
  readonly name: string;
  readonly #files: TraceFiles;
  readonly #path: string;

  private constructor(files: TraceFiles, name: string) {
    this.#files = files;
    this.name = name;
    this.#path = `instances/${name}`;
  }

  /** Makes the instance, switched off. Throws an IotraceError. */
  static async create(files: TraceFiles, name: string, options: InstanceOptions): Promise<TraceInstance> {
    const { bufferKib, clock } = options;
    const instance = new TraceInstance(files, name);
    try {
      await files.makeFolder(instance.#path);
    } catch (error) {
      throw notCreated(error);
    }
    try {
      await instance.#write('tracing_on', '0');
      await instance.#write('trace_clock', clock);
      await instance.#write('buffer_size_kb', String(bufferKib));
    } catch (error) {
      await instance.remove().catch(() => undefined);
      throw error;
    }
    return instance;
  }

  /** Filters first, then switches each event on. Throws an IotraceError that names the event. */
  async arm(events: readonly ArmedEvent[]): Promise<void> {
    for (const { path, filter } of events) {
      if (filter !== undefined) await this.#write(`events/${path}/filter`, filter);
      await this.#write(`events/${path}/enable`, '1');
    }
  }

  /** Only these tasks and what they start from now on. */
  async onlyTasks(pids: readonly number[]): Promise<void> {
    await this.#write('options/event-fork', '1');
    await this.#write('set_event_pid', pids.join(' '));
  }

  /** All tasks but these. */
  async allTasksBut(pids: readonly number[]): Promise<void> {
    if (await this.#files.has(`${this.#path}/set_event_notrace_pid`))
      await this.#write('set_event_notrace_pid', pids.join(' '));
  }

  on(): Promise<void> {
    return this.#write('tracing_on', '1');
  }

  off(): Promise<void> {
    return this.#write('tracing_on', '0');
  }

  /** Where marks are written into the buffer, stamped with its clock. */
  marker(): ReturnType<TraceFiles['openMarker']> {
    return this.#files.openMarker(`${this.#path}/trace_marker`);
  }

  /** What is in the buffer, which stays there. */
  text(): Promise<string> {
    return this.#files.read(`${this.#path}/trace`);
  }

  /** Empties the buffer. */
  forget(): Promise<void> {
    return this.#write('trace', '');
  }

  /** CPUs that have a buffer, ascending. */
  async cpus(): Promise<number[]> {
    const names = await this.#files.list(`${this.#path}/per_cpu`);
    return names
      .flatMap((name) => /^cpu(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  pipe(cpu: number): ReturnType<TraceFiles['openPipe']> {
    return this.#files.openPipe(`${this.#path}/per_cpu/cpu${cpu}/trace_pipe`);
  }

  stats(cpu: number): ReturnType<TraceFiles['openStats']> {
    return this.#files.openStats(`${this.#path}/per_cpu/cpu${cpu}/stats`);
  }

  async counts(cpu: number): Promise<CpuCounts> {
    const text = await this.#files.read(`${this.#path}/per_cpu/cpu${cpu}/stats`);
    const of = (name: string) => statOf(text, name);
    return {
      cpu,
      delivered: of('read events'),
      lost: of('overrun') + of('commit overrun') + of('dropped events'),
      left: of('entries'),
    };
  }

  /** Removes the instance with all that is in it. The kernel says EBUSY while a reader is being closed. */
  async remove(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#files.removeFolder(this.#path);
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return;
        if (systemCode(error) !== 'EBUSY' || attempt === 40) throw notRemoved(this.name, error);
        await sleep(50);
      }
    }
  }

  async #write(path: string, text: string): Promise<void> {
    try {
      await this.#files.write(`${this.#path}/${path}`, text);
    } catch (error) {
      throw new IotraceError(
        'tracefs-refused',
        `The kernel refused '${text}' for ${path}: ${messageOf(error)}.`,
        {
          hint:
            systemCode(error) === 'ENOMEM'
              ? 'There is no memory for the buffer: ask for less (--buffer KIB).'
              : 'Please report it with the kernel’s version (uname -r).',
          cause: error,
        },
      );
    }
  }
}

/** A number of a CPU's `stats`, by its name; 0 where the kernel has none of that name. */
export function statOf(text: string, name: string): number {
  // dropped events: 0
  return Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

function notCreated(cause: unknown): IotraceError {
  return new IotraceError('instance-not-made', `No tracing instance could be made: ${messageOf(cause)}.`, {
    hint: 'Tracing is forbidden under lockdown=confidentiality and in most containers: record on the host itself.',
    cause,
  });
}

function notRemoved(name: string, cause: unknown): IotraceError {
  return new IotraceError(
    'instance-not-removed',
    `The tracing instance ${name} is still there: ${messageOf(cause)}.`,
    {
      hint: `Something reads it. Afterwards: rmdir /sys/kernel/tracing/instances/${name}`,
      cause,
    },
  );
}
