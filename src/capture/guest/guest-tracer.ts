/**
 * Records a guest with a tracefs instance inside it, through a shell. The trace stays in the guest's memory until the
 * recording has ended: sent meanwhile it would be part of what is traced.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ftraceText } from '../../../parsers/ftrace-text.ts';
import { IotraceError, quoted } from '../../errors.ts';
import { filterText } from '../tracefs/filter-text.ts';
import { definition } from '../tracefs/probe-group.ts';
import type { TraceClock } from '../tracefs/trace-instance.ts';
import type { PassEnd, Recorded, Setting, StreamCounts, TaskChoice, Tracer } from '../tracer.ts';
import { pointMissing, pointName, type WantedPoint } from '../wanted-point.ts';
import type { GuestSide } from './guest-side.ts';
import { quoteWord } from './shell-words.ts';

/** What a recording inside a guest needs to know before it is prepared. */
export interface GuestTracePlan {
  readonly guest: GuestSide;
  readonly points: readonly WantedPoint[];
  readonly clock: TraceClock;
  /** For each CPU; less is taken where the guest's memory is small. */
  readonly bufferKib: number;
  /** Existing folder of this machine for the text, and the most bytes of it. */
  readonly folder: string;
  readonly maxBytes: number;
}

/** A tracer that has touched nothing yet. */
export function guestTracer(plan: GuestTracePlan): Tracer {
  return new GuestTracer(plan);
}

class GuestTracer implements Tracer {
  readonly #plan: GuestTracePlan;
  readonly #notes: string[] = [];
  #stopped = false;

  constructor(plan: GuestTracePlan) {
    this.#plan = plan;
  }

  async prepare({ tasks }: Setting): Promise<readonly string[]> {
    const { guest, points, clock, bufferKib } = this.#plan;
    const kib = Math.min(bufferKib, await roomFor(guest));
    if (kib < bufferKib)
      this.#notes.push(
        `buffers of ${kib} KiB for each of the guest’s CPUs: more would take too much of its memory`,
      );
    await guest.run('iot_instance', clock, String(kib));
    const callFilter = await taskFilter(guest, tasks);
    const script = points.map((point, index) => armText(point, index, guest.group, callFilter)).join('\n');
    const answer = await guest.run(script);
    const armed = new Set([...answer.matchAll(/^on (\d{1,5})$/gm)].map(([, index]) => Number(index)));
    const missing = points.filter((_, index) => !armed.has(index));
    const needed = missing.find((point) => point.required === true);
    if (needed !== undefined) throw pointMissing(needed);
    return missing.map((point) => `${pointName(point)} (in the guest)`);
  }

  async on(): Promise<void> {
    await this.#plan.guest.run('echo 1 > $iot_I/tracing_on');
    await this.#plan.guest.beatNow();
  }

  async pass(): Promise<PassEnd> {
    const { guest } = this.#plan;
    guest.beat();
    if (guest.failure !== undefined) return 'gone';
    return guest.last.lost > 0 ? 'full' : 'empty';
  }

  async lostSoFar(): Promise<number> {
    return this.#plan.guest.last.lost;
  }

  async off(): Promise<void> {
    await this.#unlessGone(() => this.#plan.guest.run('echo 0 > $iot_I/tracing_on'));
    this.#stopped = true;
  }

  async collect(): Promise<Recorded> {
    const { guest, folder, maxBytes } = this.#plan;
    const file = join(folder, 'guest.trace');
    const fetched = await this.#unlessGone(async () => ({
      counts: countsOf(await guest.run('iot_stats')),
      bytes: await fetchTo(file, guest, maxBytes),
    }));
    const streams =
      fetched === undefined
        ? []
        : [
            {
              name: 'guest.trace',
              machine: 'guest',
              format: ftraceText.name,
              clock: this.#plan.clock,
              file,
              ...fetched,
            } as const,
          ];
    return { streams, lostElsewhere: 0, notes: this.#notes };
  }

  /** What is in the guest goes when the connection is closed, and by itself when it is cut. */
  async undo(): Promise<void> {
    if (!this.#stopped) await this.off();
  }

  /** A guest that is gone ends its recording; that of the host is worth keeping. */
  async #unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#plan.guest.failure !== undefined) return this.#gone(this.#plan.guest.failure);
    try {
      return await work();
    } catch (error) {
      if (error instanceof IotraceError) return this.#gone(error);
      throw error;
    }
  }

  #gone({ message }: IotraceError): undefined {
    const note = `the recording inside the guest is lost: ${message}`;
    if (!this.#notes.includes(note)) this.#notes.push(note);
  }
}

/** At most an eighth of the memory that is free there, for all CPUs together. */
async function roomFor(guest: GuestSide): Promise<number> {
  const text = await guest.run('cat /proc/meminfo; echo cpus $(ls -d $iot_T/per_cpu/cpu* | wc -l)');
  const free = Number(/^MemAvailable:\s*(\d{1,15}) kB$/m.exec(text)?.[1] ?? 0);
  const cpus = Number(/^cpus (\d{1,5})$/m.exec(text)?.[1] ?? 1);
  return Math.max(256, Math.floor(free / 8 / Math.max(1, cpus)));
}

/**
 * Calls of the workload and of what it starts, which have later pids; all calls where none runs there, or pids are about to
 * begin anew. A list of pids would have the guest's kernel look at each switch of a task.
 */
async function taskFilter(guest: GuestSide, tasks: TaskChoice): Promise<string | undefined> {
  const first = tasks !== 'all' && 'only' in tasks ? tasks.only[0] : undefined;
  if (first === undefined) return undefined;
  const last = Number((await guest.run('cat /proc/sys/kernel/pid_max')).trim());
  return first + 1000 < last ? `common_pid >= ${first}` : undefined;
}

/** One line that arms a point and says `on N` or `none N`. */
function armText(point: WantedPoint, index: number, group: string, callFilter: string | undefined): string {
  const own = point.scope === 'tasks' ? callFilter : undefined;
  if (point.kind === 'tracepoint') {
    const filter = filterText(point.filter);
    const both = [filter, own].filter((each) => each !== undefined);
    return words('iot_any', index, both.map((each) => (both.length > 1 ? `(${each})` : each)).join(' && '), [
      ...point.names.map((name) => `${point.system}/${name}`),
    ]);
  }
  if (point.kind === 'uprobe') throw new Error('programs in a guest are not probed');
  return words(
    'iot_function',
    index,
    own ?? '',
    point.functions.flatMap((choice) => {
      const event = choice.event ?? choice.symbol;
      return [event, definition(`${group}/${event}`, choice)];
    }),
  );
}

function words(name: string, index: number, filter: string, rest: readonly string[]): string {
  return [name, String(index), filter, ...rest].map(quoteWord).join(' ');
}

/** Sums over all CPUs of `stats` (kernel/trace/trace.c, tracing_stats_read); nothing has been read from the buffers. */
function countsOf(text: string): StreamCounts {
  const of = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}: (\\d{1,15})$`, 'gm'))].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  return { delivered: of('entries'), lost: of('overrun') + of('commit overrun') + of('dropped events') };
}

async function fetchTo(file: string, guest: GuestSide, maxBytes: number): Promise<number> {
  const output = await open(file, 'wx', 0o600);
  let bytes = 0;
  let writing = Promise.resolve();
  try {
    const status = await guest.fetch(
      'cat $iot_I/trace',
      (part) => {
        const copy = Buffer.from(part);
        bytes += copy.length;
        writing = writing.then(() => output.writeFile(copy));
      },
      maxBytes,
    );
    await writing;
    if (status === 0) return bytes;
  } finally {
    await writing.catch(() => undefined);
    await output.close();
  }
  throw new IotraceError('guest-trace', `The guest’s trace could not be read there: ${quoted(file)} is cut.`);
}
