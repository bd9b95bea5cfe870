/**
 * The exact relation of guest and host where the TSC gives one: KVM's tsc-offset relates the counters without error
 * (guest TSC = host TSC + offset, kvm_read_l1_tsc in arch/x86/kvm/x86.c); pairs of readings relate each machine's
 * clock to its counter.
 */
import type { ClockPair, GroundTruth, Source } from '../trace/recording.ts';
import { causalLine } from './causal-line.ts';
import type { ExactRelation } from './relation.ts';

type Log = NonNullable<GroundTruth['log']>;

/** Both streams are stamped with the TSC. `offset` in ticks; the result is in ns at `nsPerTick`. */
export function exactByTsc(guest: Source, host: Source, offset: bigint, nsPerTick: number): ExactRelation {
  const ticks = Number(host.events.epoch - guest.events.epoch + offset);
  const ns = Math.round(ticks * nsPerTick);
  // Both machines' ticks were rounded to ns once each.
  return { method: 'tsc', offsetAt: () => ns, uncertaintyNs: 1 };
}

/**
 * Host clock → host TSC by the facts' pairs, → guest TSC by KVM's offset, → guest clock by the request log, whose
 * every line reads clock and TSC at both ends of a request. Undefined when a link is missing or contradicts itself.
 * `guestEpoch` and `hostEpoch` are the tables' epochs in ns.
 */
export function exactByPairs(
  log: Log | undefined,
  pairs: readonly ClockPair[],
  offset: bigint,
  hostClock: ClockPair['clock'],
  guestEpoch: bigint,
  hostEpoch: bigint,
): ExactRelation | undefined {
  if (log === undefined || log.startTsc.every((ticks) => ticks === 0)) return undefined;
  const host = hostClockToTsc(
    pairs.filter(({ clock }) => clock === hostClock),
    hostEpoch,
  );
  if (host === undefined) return undefined;
  const guest = guestTscToClock(log, host.nsPerTick);
  if (guest === undefined) return undefined;
  const ticksToLog = Number(host.epochTsc + offset - log.epochTsc);
  const logToGuest = Number(log.epochNs - guestEpoch);
  return {
    method: 'tsc-pairs',
    offsetAt: (hostNs) => guest.nsAt(host.ticksAt(hostNs) + ticksToLog) + logToGuest - hostNs,
    uncertaintyNs: host.uncertaintyNs + guest.uncertaintyNs,
  };
}

interface HostTsc {
  readonly nsPerTick: number;
  readonly uncertaintyNs: number;
  /** Host TSC at a host time, in ticks after `epochTsc`. */
  ticksAt(hostNs: number): number;
  readonly epochTsc: bigint;
}

/** A straight line through the first and the last pair of readings. */
function hostClockToTsc(pairs: readonly ClockPair[], hostEpoch: bigint): HostTsc | undefined {
  const sorted = [...pairs].sort((a, b) => Number(a.tsc - b.tsc));
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined || last.tsc === first.tsc) return undefined;
  const nsPerTick = Number(last.ns - first.ns) / Number(last.tsc - first.tsc);
  const beforeFirst = Number(hostEpoch - first.ns);
  return {
    nsPerTick,
    uncertaintyNs: Math.ceil(Math.max(first.widthTicks, last.widthTicks) * nsPerTick),
    ticksAt: (hostNs) => (beforeFirst + hostNs) / nsPerTick,
    epochTsc: first.tsc,
  };
}

interface GuestClock {
  nsAt(ticks: number): number;
  readonly uncertaintyNs: number;
}

/**
 * The log reads the clock before the TSC at a request's start and after it at its end, so each request bounds the
 * relation from both sides. Times are ns and ticks after the log's epochs.
 */
function guestTscToClock(log: Log, nsPerTick: number): GuestClock | undefined {
  const scaled = (ticks: Float64Array) => ticks.map((value) => value * nsPerTick);
  const startAt = scaled(log.startTsc);
  const endAt = scaled(log.endTsc);
  const result = causalLine(
    { at: startAt, offset: log.startNs.map((ns, index) => ns - startAt[index]!) },
    { at: endAt, offset: log.endNs.map((ns, index) => ns - endAt[index]!) },
    1000,
  );
  if (result.kind !== 'line') return undefined;
  const { line } = result;
  const last = endAt[endAt.length - 1]!;
  const width = (at: number) => {
    const { low, high } = line.rangeAt(at);
    return Math.max(high - line.offsetAt(at), line.offsetAt(at) - low);
  };
  return {
    nsAt: (ticks) => ticks * nsPerTick + line.offsetAt(ticks * nsPerTick),
    uncertaintyNs: Math.ceil(Math.max(width(0), width(last))),
  };
}
