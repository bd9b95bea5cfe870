/**
 * Probes of our own in the kernel's lists of them (Documentation/trace/kprobetrace.rst, uprobetracer.rst). All are in
 * one group, named after the recording, so that whatever happens they can be told from everybody else's. The lists
 * are only appended to.
 */
import { IotraceError, messageOf, systemCode } from '../../errors.ts';
import {
  type Fetch,
  type FoundPoint,
  type KernelFunction,
  type ProgramFunction,
  type ProgramValue,
  pointMissing,
  pointName,
  type WantedKprobe,
  type WantedUprobe,
} from '../wanted-point.ts';
import type { Watchdog } from '../watchdog.ts';
import { filterText } from './filter-text.ts';
import type { TraceFiles } from './trace-files.ts';
import type { ArmedEvent } from './trace-instance.ts';

/** The two lists, below tracefs. */
export const PROBE_LISTS = ['kprobe_events', 'uprobe_events'] as const;

/** The probes of a recording. */
export class ProbeGroup {
  readonly name: string;
  readonly #files: TraceFiles;
  readonly #made: { readonly list: string; readonly event: string }[] = [];

  constructor(files: TraceFiles, name: string) {
    this.#files = files;
    this.name = name;
  }

  /** Tells the watchdog what is about to be made, when any of the points is a probe. */
  async guard(watchdog: Watchdog, points: readonly FoundPoint[]): Promise<void> {
    if (points.every(({ kind }) => kind === 'tracepoint')) return;
    for (const list of PROBE_LISTS)
      if (await this.#files.has(list))
        await watchdog.guard({ probes: `${this.#files.root}/${list}`, group: this.name });
  }

  /** The events of points, probes made for those that need one; names of those that cannot be. Throws for a required one. */
  async events(points: readonly FoundPoint[]): Promise<{ found: ArmedEvent[]; missing: string[] }> {
    const found: ArmedEvent[] = [];
    const missing: string[] = [];
    for (const point of points) {
      const path = point.kind === 'tracepoint' ? `${point.system}/${point.name}` : await this.add(point);
      if (path === undefined && point.required === true) throw pointMissing(point);
      if (path === undefined) missing.push(pointName(point));
      else found.push({ path, filter: point.kind === 'tracepoint' ? filterText(point.filter) : undefined });
    }
    return { found, missing };
  }

  /**
   * Makes the probe and returns its event's path, `GROUP/EVENT`; undefined when none of its functions can be probed. Throws an
   * IotraceError when the kernel makes no probes at all.
   */
  async add(point: WantedKprobe | WantedUprobe): Promise<string | undefined> {
    const list = `${point.kind}_events`;
    const choices = point.kind === 'kprobe' ? point.functions : [point.function];
    for (const choice of choices) {
      const event = 'file' in choice ? choice.symbol : (choice.event ?? choice.symbol);
      try {
        await this.#files.append(list, definition(`${this.name}/${event}`, choice));
      } catch (error) {
        if (systemCode(error) === 'EPERM' || systemCode(error) === 'EACCES') throw forbidden(error);
        // ENOENT: no such symbol. EINVAL: it cannot be probed (notrace, inlined, a bad offset).
        continue;
      }
      this.#made.push({ list, event });
      return `${this.name}/${event}`;
    }
    return undefined;
  }

  /** A sentence for each kernel probe that was hit and could not be handled (kprobe_profile). */
  async missedHits(): Promise<string[]> {
    const text = await this.#files.read('kprobe_profile').catch(() => '');
    const missed: string[] = [];
    for (const { event } of this.#made) {
      //   iotrace_7_0123abcd_eventfd_signal   262   0      in newer kernels without the group
      const line = new RegExp(`^\\s*(?:${this.name}/)?${event}\\s+\\d+\\s+(\\d+)$`, 'm').exec(text);
      if (line !== null && Number(line[1]) > 0)
        missed.push(`the kernel missed the probe at ${event} ${line[1]} times`);
    }
    return missed;
  }

  /** Removes every probe of the group. To be called when no instance records them any more. */
  async remove(): Promise<void> {
    for (const { list, event } of this.#made.splice(0))
      await this.#files.append(list, `-:${this.name}/${event}`);
  }
}

/** A probe as its list takes it: `p:GROUP/eventfd_read eventfd_read id=+44(+32(+0($arg1))):s32`. */
export function definition(name: string, choice: KernelFunction | ProgramFunction): string {
  const inProgram = 'file' in choice;
  const kind = !inProgram && choice.returns === true ? 'r' : 'p';
  const place = inProgram ? placeIn(choice) : choice.symbol;
  return [`${kind}:${name}`, place, ...choice.fetch.map((fetch) => fetchText(fetch, inProgram))].join(' ');
}

/** `/proc/77/exe:0x8611c0`, with the counter of a mark in brackets: the kernel counts it up while somebody traces. */
function placeIn({ file, offset, mark }: ProgramFunction): string {
  const counter = mark?.counter === undefined ? '' : `(0x${mark.counter.toString(16)})`;
  return `${file}:0x${offset.toString(16)}${counter}`;
}

function fetchText({ name, of, at = [], type }: Fetch | ProgramValue, inProgram: boolean): string {
  return `${name}=${at.reduce((inner, offset) => `+${offset}(${inner})`, startOf(of, inProgram))}:${type}`;
}

function startOf(of: (Fetch | ProgramValue)['of'], inProgram: boolean): string {
  if (of === 'returned') return '$retval';
  if (typeof of === 'object') return operandText(of.operand);
  return inProgram ? register(of) : `$arg${of + 1}`;
}

/** An operand in the words of probes: `%rdi` → `%di`, `-24(%rbp)` → `-24(%bp)`, `$7` → `\\7`. */
function operandText(operand: string): string {
  if (operand.startsWith('$')) return `\\${operand.slice(1)}`;
  return operand.replace(/%(\w+)/, (_, name: string) => `%${kernelRegister(name)}`).replace(/^\(/, '+0(');
}

/** The kernel knows the 64-bit registers by their 16-bit names (arch/x86/include/asm/ptrace.h); parts of one by its whole. */
function kernelRegister(name: string): string {
  const numbered = /^(r\d+)[dwb]?$/.exec(name)?.[1];
  if (numbered !== undefined) return numbered;
  const whole = name.replace(/^[re](?=\w\w$)/, '');
  return /^[abcd]l$/.test(whole) ? `${whole[0]}x` : whole.replace(/^(si|di|bp|sp)l$/, '$1');
}

/** Registers of the first six integer arguments on x86-64 (System V ABI): $argN is for the kernel's functions only. */
const REGISTERS = ['%di', '%si', '%dx', '%cx', '%r8', '%r9'];

function register(argument: number): string {
  if (process.arch === 'x64') return REGISTERS[argument]!;
  // AAPCS64
  return `%x${argument}`;
}

function forbidden(cause: unknown): IotraceError {
  return new IotraceError('probe-forbidden', `The kernel makes no probes: ${messageOf(cause)}.`, {
    hint: 'Probes are forbidden under lockdown (cat /sys/kernel/security/lockdown).',
    cause,
  });
}
