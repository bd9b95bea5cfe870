import type { PathValue } from './path-values.ts';
import { ProblemList, type Reading } from './reading.ts';
import { safeInteger } from './text-lines.ts';

// /sys/kernel/debug/kvm/1490-17/halt_exits:249        per virtual machine: PID-FD (virt/kvm/kvm_main.c)
const STATISTIC = /\/debug\/kvm\/(\d+-\d+)\/(\w+)$/;

/** Counters of one virtual machine at one time. `machine` is KVM's PID-FD. */
export interface KvmStatReading {
  readonly machine: string;
  readonly counters: ReadonlyMap<string, number>;
}

/** The counters among the settings; undefined when there are none, or when they are of several machines. */
export function readKvmStats(settings: readonly PathValue[]): Reading<KvmStatReading | undefined> {
  const problems = new ProblemList();
  const counters = new Map<string, number>();
  let machine: string | undefined;
  for (const { line, path, value } of settings) {
    const match = STATISTIC.exec(path);
    if (match === null) continue;
    if (machine !== undefined && machine !== match[1]) {
      problems.error(line, 'KVM statistics of several virtual machines: which one was recorded is not said');
      return { data: undefined, problems: problems.list() };
    }
    machine = match[1]!;
    const count = safeInteger(value);
    if (count === undefined) problems.error(line, `${match[2]} is not a number below 2^53`);
    else counters.set(match[2]!, count);
  }
  return { data: machine === undefined ? undefined : { machine, counters }, problems: problems.list() };
}

/** After less before, for the counters that both readings have. A counter that fell is a problem and left out. */
export function kvmStatDeltas(
  before: KvmStatReading,
  after: KvmStatReading,
): Reading<Record<string, number>> {
  const problems = new ProblemList();
  const data: Record<string, number> = {};
  if (before.machine !== after.machine) {
    problems.error(0, `KVM statistics before are of ${before.machine}, after of ${after.machine}`);
    return { data, problems: problems.list() };
  }
  for (const [name, count] of after.counters) {
    const earlier = before.counters.get(name);
    if (earlier === undefined) continue;
    if (count < earlier) problems.error(0, `${name} fell from ${earlier} to ${count}`);
    else data[name] = count - earlier;
  }
  return { data, problems: problems.list() };
}
