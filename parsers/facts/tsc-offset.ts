import type { TscOffsetFact } from './facts.ts';
import type { PathValue } from './path-values.ts';
import { ProblemList, type Reading } from './reading.ts';
import { bigInteger } from './text-lines.ts';

// /sys/kernel/debug/kvm/8098-14/vcpu0/tsc-offset:-2958018326251        (arch/x86/kvm/debugfs.c)
const VCPU_FILE =
  /\/kvm\/(\d+-\d+)\/vcpu(\d{1,5})\/(tsc-offset|tsc-scaling-ratio|tsc-scaling-ratio-frac-bits)$/;

/**
 * KVM's TSC offsets of one virtual machine. None is returned when the settings belong to several machines, when the
 * guest's TSC is scaled (the offset alone does not relate the two then), or when one vCPU has two offsets.
 */
export function readTscOffsets(settings: readonly PathValue[]): Reading<readonly TscOffsetFact[]> {
  const problems = new ProblemList();
  const machines = new Set<string>();
  const offsets = new Map<number, bigint>();
  let ratio: bigint | undefined;
  let fraction: bigint | undefined;
  for (const { line, path, value } of settings) {
    const match = VCPU_FILE.exec(path);
    if (match === null) continue;
    machines.add(match[1]!);
    const vcpu = Number(match[2]);
    const number = bigInteger(value);
    if (number === undefined) problems.error(line, `${match[3]} is not a number`);
    else if (match[3] === 'tsc-scaling-ratio') ratio = number;
    else if (match[3] === 'tsc-scaling-ratio-frac-bits') fraction = number;
    else if ((offsets.get(vcpu) ?? number) !== number) {
      problems.error(line, `vCPU ${vcpu} has two TSC offsets: neither is used`);
      return { data: [], problems: problems.list() };
    } else offsets.set(vcpu, number);
  }
  const unusable = whyUnusable(machines.size, ratio, fraction);
  if (unusable !== undefined) problems.error(0, unusable);
  const data = [...offsets].map(([vcpu, offset]) => ({ vcpu, offset })).sort((a, b) => a.vcpu - b.vcpu);
  return { data: unusable === undefined ? data : [], problems: problems.list() };
}

function whyUnusable(
  machines: number,
  ratio: bigint | undefined,
  fraction: bigint | undefined,
): string | undefined {
  if (machines > 1) return 'TSC offsets of several virtual machines: which one was recorded is not said';
  if (ratio === undefined) return undefined;
  if (fraction === undefined)
    return 'a TSC scaling ratio without its fraction bits: the offsets are not used';
  const one = fraction >= 0n && fraction < 64n ? 1n << fraction : 0n;
  return ratio === one ? undefined : 'the guest TSC is scaled: its offsets alone do not relate the clocks';
}
