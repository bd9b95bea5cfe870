/** Arguments of `perf record` (perf-record(1)); none of them passes a shell. */
import type { ArmedEvent } from '../tracefs/trace-instance.ts';
import type { TaskChoice } from '../tracer.ts';

export interface PerfRecording {
  readonly output: string;
  readonly events: readonly ArmedEvent[];
  readonly tasks: TaskChoice;
  /** For each CPU. */
  readonly bufferKib: number;
  /** Pipes by name: commands to perf, and its answers. */
  readonly control: { readonly commands: string; readonly answers: string };
}

const PAGE_KIB = 4;

/**
 * Everything is attached and nothing recorded until `enable` is written to the control pipe (-D -1). Build ids are left out
 * (-N -B): looking for them takes longer than the recording. `--exclude-perf` stands behind the last event but holds for
 * all that are filtered in the same way, else perf records how it writes its own output.
 */
export function perfArguments(recording: PerfRecording): string[] {
  const { output, events, tasks, bufferKib, control } = recording;
  return [
    ...['record', '-q', '-N', '-B', '-o', output, '-k', 'CLOCK_MONOTONIC'],
    ...['-m', String(pagesFor(bufferKib)), '-D', '-1'],
    `--control=fifo:${control.commands},${control.answers}`,
    ...whom(tasks),
    ...events.flatMap((event) => eventArguments(event, tasks)),
  ];
}

function whom(tasks: TaskChoice): string[] {
  if (tasks === 'all' || 'but' in tasks) return ['-a'];
  // Threads alone, or processes with what they start.
  return 'exactly' in tasks ? ['-t', tasks.exactly.join(','), '--no-inherit'] : ['-p', tasks.only.join(',')];
}

function eventArguments({ path, filter }: ArmedEvent, tasks: TaskChoice): string[] {
  const name = path.replace('/', ':');
  const but = typeof tasks !== 'string' && 'but' in tasks ? tasks.but : [];
  const conditions = [
    ...(filter === undefined ? [] : [`(${filter})`]),
    ...but.map((tid) => `common_pid != ${tid}`),
  ];
  return [
    ...['-e', name],
    ...(conditions.length === 0 ? [] : ['--filter', conditions.join(' && ')]),
    ...(name.startsWith('syscalls:') && !(typeof tasks !== 'string' && 'only' in tasks)
      ? ['--exclude-perf']
      : []),
  ];
}

/** A power of two: perf refuses others. */
function pagesFor(bufferKib: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(bufferKib / PAGE_KIB)));
}
