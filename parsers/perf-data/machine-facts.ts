import type { ClockPairFact, Facts } from '../facts/facts.ts';
import { printable } from '../facts/text-lines.ts';
import type { PerfFacts } from './facts.ts';

/** Longest command line that is kept, in characters; perf is given hundreds of events at most. */
const MAX_COMMAND = 4000;

/**
 * What a host's perf.data says that other facts do not: CPUs of each NUMA node, who recorded it and how, and, where the kernel
 * trusted the TSC, how perf's own clock follows it.
 */
export function machineFacts(perf: PerfFacts): Facts {
  const pairs = tscPairs(perf);
  return {
    ...(perf.numaNodes === undefined || perf.numaNodes.length === 0
      ? {}
      : { hostNodes: perf.numaNodes.map(({ node, cpus }) => ({ node, cpus })) }),
    ...(pairs === undefined ? {} : { hostClockPairs: pairs }),
    notes: notes(perf),
  };
}

function notes({ hostname, osRelease, cpuDescription, perfVersion, commandLine }: PerfFacts): string[] {
  const machine = [hostname, osRelease, cpuDescription].filter((part) => part !== undefined && part !== '');
  const command = commandLine?.join(' ').slice(0, MAX_COMMAND);
  return [
    ...(machine.length === 0 ? [] : [`perf.data: recorded on ${machine.join(', ')}`]),
    ...(command === undefined ? [] : [`perf.data: perf ${perfVersion ?? ''}: ${command}`]),
  ].map(printable);
}

/**
 * Two readings of perf's own clock and the TSC, at the first and the last sample: time = zero + (TSC · multiplier >> shift), by
 * perf_event_mmap_page of include/uapi/linux/perf_event.h. Exact, so their width is 0.
 */
function tscPairs({
  clock,
  tscConversion,
  firstSampleNs,
  lastSampleNs,
}: PerfFacts): ClockPairFact[] | undefined {
  if (clock !== 'local' || tscConversion === undefined || tscConversion.multiplier === 0n) return undefined;
  if (firstSampleNs === undefined || lastSampleNs === undefined || firstSampleNs >= lastSampleNs)
    return undefined;
  const { zero, multiplier, shift } = tscConversion;
  if (shift > 63 || zero > firstSampleNs) return undefined;
  return [firstSampleNs, lastSampleNs].map((ns) => ({
    clock,
    ns,
    tsc: ((ns - zero) << BigInt(shift)) / multiplier,
    widthTicks: 0,
  }));
}
