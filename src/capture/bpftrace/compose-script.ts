/** Wanted points → one bpftrace script, of the blocks in bpf/ that this machine has probes for. */
import { eventsHeader } from '../../../parsers/bpftrace/header.ts';
import type { TaskChoice } from '../tracer.ts';
import type { Filter, FoundPoint } from '../wanted-point.ts';
import type { BpftraceHost } from './bpftrace-host.ts';
import type { ScriptBlock } from './script-block.ts';

/** A block for a point, with its probe as this machine has it. */
export interface ChosenBlock {
  readonly point: FoundPoint;
  readonly block: ScriptBlock;
  readonly probe: string;
}

/** For each point the first block that can be attached here, and the names of the points that have none. */
export function chooseBlocks(
  points: readonly FoundPoint[],
  library: readonly ScriptBlock[],
  host: Pick<BpftraceHost, 'probeOf'>,
): { chosen: ChosenBlock[]; missing: FoundPoint[] } {
  const chosen: ChosenBlock[] = [];
  const missing: FoundPoint[] = [];
  for (const point of points) {
    const found = eventsOf(point)
      .flatMap((event) => library.filter((block) => block.event === event && suits(point, block)))
      .map((block) => ({ point, block, probe: probeAt(point, block, host) }))
      .find((each): each is ChosenBlock => each.probe !== undefined);
    if (found === undefined) missing.push(point);
    else chosen.push(found);
  }
  return { chosen, missing };
}

function eventsOf(point: FoundPoint): string[] {
  if (point.kind === 'tracepoint') return [point.name];
  return point.kind === 'kprobe' ? point.functions.map(({ symbol }) => symbol) : [point.function.symbol];
}

function suits(point: FoundPoint, { probe }: ScriptBlock): boolean {
  if (point.kind === 'tracepoint') return probe === `tracepoint:${point.system}:${point.name}`;
  return point.kind === 'kprobe' ? /^(?:kfunc|kprobe):/.test(probe) : probe.startsWith('uprobe:');
}

function probeAt(
  point: FoundPoint,
  { probe }: ScriptBlock,
  host: Pick<BpftraceHost, 'probeOf'>,
): string | undefined {
  // The path in a script is the usual one. A mark would need the process named, and that filters all other probes too.
  if (point.kind === 'uprobe')
    return point.function.mark === undefined
      ? `uprobe:${point.function.file}:${point.function.symbol}`
      : undefined;
  return host.probeOf(probe);
}

/** The script. `clock` is that of the host's `nsecs`. Maps of events are called as in bpf/. */
export function composeScript(
  chosen: readonly ChosenBlock[],
  tasks: TaskChoice,
  host: Pick<BpftraceHost, 'clock' | 'now'>,
): string {
  const header = chosen.map(({ block: { id, event, fields } }) =>
    eventsHeader(host.clock, [{ id, name: event, fields }]),
  );
  const follows = typeof tasks !== 'string' && 'only' in tasks;
  const begin = [
    ...header.map((line) => `printf("${line}\\n");`),
    ...(follows ? tasks.only.map((tid) => `@tasks[${tid}] = 1;`) : []),
  ];
  const blocks = chosen.map(({ point, block, probe }) => {
    const conditions = [filterOf(point), point.scope === 'tasks' ? taskCondition(tasks) : undefined];
    const predicate = conditions.filter((each) => each !== undefined).join(' && ');
    return `${probe}${predicate === '' ? '' : ` /${predicate}/`}\n${block.body.replace('nsecs', host.now)}`;
  });
  return `${[`BEGIN { ${begin.join(' ')} }`, ...(follows ? FOLLOW : []), ...blocks].join('\n\n')}\n`;
}

/** What a chosen task starts is chosen as well, and forgotten when it ends, because tids come again. */
const FOLLOW = [
  'tracepoint:sched:sched_process_fork /@tasks[args->parent_pid]/ { @tasks[args->child_pid] = 1; }',
  'tracepoint:sched:sched_process_exit /@tasks[tid]/ { delete(@tasks[tid]); }',
  // Only what is a recording is printed at the end.
  'END { clear(@tasks); }',
];

function taskCondition(tasks: TaskChoice): string | undefined {
  if (tasks === 'all') return undefined;
  if ('only' in tasks) return '@tasks[tid]';
  if ('exactly' in tasks) return `(${tasks.exactly.map((tid) => `tid == ${tid}`).join(' || ')})`;
  return tasks.but.map((tid) => `tid != ${tid}`).join(' && ');
}

function filterOf(point: FoundPoint): string | undefined {
  return point.kind === 'tracepoint' && point.filter !== undefined ? condition(point.filter) : undefined;
}

/** Strings are compared with a literal, so the prefix must be free of quotes; those of interrupts are. */
function condition(filter: Filter): string {
  const field = `args->${filter.field}`;
  if ('equals' in filter) return `${field} == ${filter.equals}`;
  if ('oneOf' in filter) return `(${filter.oneOf.map((value) => `${field} == ${value}`).join(' || ')})`;
  return `strncmp(str(${field}), "${filter.begins}", ${filter.begins.length}) == 0`;
}
