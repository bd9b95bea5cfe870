/** What a recording wants to know of a machine, as data that every tracer understands. */
import { IotraceError } from '../errors.ts';

/** Whom a point is recorded of. */
export type Scope =
  /** The whole machine: never filtered by task, because an interrupt's task is whoever it hit. */
  | 'machine'
  /** The chosen tasks only. */
  | 'tasks';

/** Only events of which this holds; each tracer has its own words for it. */
export type Filter =
  | { readonly field: string; readonly equals: number }
  | { readonly field: string; readonly oneOf: readonly number[] }
  /** The field is a string. */
  | { readonly field: string; readonly begins: string };

/** A value that a probe reads when it fires. */
export interface Fetch {
  /** As parsers know it: `id`, `gpa`, `elem`, `offset`. */
  readonly name: string;
  /** Argument of the function, from 0, or what it returns (of a probe at a return). */
  readonly of: number | 'returned';
  /** Bytes to add before each look at memory, innermost first: `[0, 32, 44]` is `*(*(*(argument + 0) + 32) + 44)`. */
  readonly at?: readonly number[];
  readonly type: 'u8' | 'u16' | 'u32' | 'u64' | 's32' | 's64';
}

/** A function of the kernel, and what to read of it. */
export interface KernelFunction {
  readonly symbol: string;
  readonly fetch: readonly Fetch[];
  /** At its return; the event is then called as `event` says. */
  readonly returns?: true;
  /** Name of the event, that of the function unless given: parsers know events by it. */
  readonly event?: string;
}

/** A value that a probe in a program reads: an argument of the function, or where a mark says one is (`%rdi`, `-24(%rbp)`, `$7`). */
export interface ProgramValue extends Omit<Fetch, 'of'> {
  readonly of: number | { readonly operand: string };
}

/** A place in a program: a function's entry, or a mark of its authors. Never a return: that kills QEMU, whose coroutines change stacks. */
export interface ProgramFunction {
  /** Full path of the program or library. */
  readonly file: string;
  /** Of the function or mark; the event is called so. */
  readonly symbol: string;
  /** Of the instruction in the file, in bytes. */
  readonly offset: number;
  readonly fetch: readonly ProgramValue[];
  /** It is a mark (USDT); `counter`: place in the file of what has to be above zero for the program to pass it. */
  readonly mark?: { readonly provider: string; readonly counter: number | undefined };
}

interface Wanted {
  readonly scope: Scope;
  /** There is no recording without it. */
  readonly required?: true;
}

/** An event the kernel's authors have made. `names`: newest first; the first that the machine has is used. */
export interface WantedTracepoint extends Wanted {
  readonly kind: 'tracepoint';
  readonly system: string;
  readonly names: readonly string[];
  readonly filter?: Filter | undefined;
}

/** A function of the kernel. The first of `functions` that can be probed is. */
export interface WantedKprobe extends Wanted {
  readonly kind: 'kprobe';
  readonly functions: readonly KernelFunction[];
}

/** A function of a program. */
export interface WantedUprobe extends Wanted {
  readonly kind: 'uprobe';
  readonly function: ProgramFunction;
}

/** A point somebody wants to be recorded. */
export type WantedPoint = WantedTracepoint | WantedKprobe | WantedUprobe;

/** A tracepoint the machine has. */
export interface FoundTracepoint extends Wanted {
  readonly kind: 'tracepoint';
  readonly system: string;
  readonly name: string;
  readonly filter?: Filter | undefined;
}

/** A point a tracer can be told to arm. Of functions only arming shows whether they can be probed. */
export type FoundPoint = FoundTracepoint | WantedKprobe | WantedUprobe;

/** `block:block_rq_issue`, `kprobe:eventfd_signal`, `uprobe:virtqueue_pop`: a point in words. */
export function pointName(point: WantedPoint | FoundPoint): string {
  if (point.kind === 'tracepoint') return `${point.system}:${'name' in point ? point.name : point.names[0]!}`;
  if (point.kind === 'kprobe') return `kprobe:${point.functions[0]!.symbol}`;
  const { symbol, mark } = point.function;
  return mark === undefined ? `uprobe:${symbol}` : `usdt:${mark.provider}:${symbol}`;
}

/** The error for a required point that the machine does not have. */
export function pointMissing(point: WantedPoint | FoundPoint): IotraceError {
  return new IotraceError('event-missing', `This kernel has no event ${pointName(point)}.`, {
    hint: 'Its requests cannot be seen without it: a kernel with CONFIG_BLK_DEV_IO_TRACE is needed.',
  });
}
