/**
 * The true offset of the guest's clock from the host's, bounded by nothing but readings of the TSC, which both count, and
 * what KVM adds to the guest's: the reader read its clock before the one TSC stamp and after the other.
 */
import type { ReportModel } from '../../src/report/report-model.ts';
import type { GroundTruth, RecordingFacts } from '../../src/trace/recording.ts';
import type { ClockReadings } from './evidence.ts';
import type { Check } from './judge.ts';

/** One reading of the host's clock, at some tick from `from` to `to`. */
interface Pair {
  readonly ns: bigint;
  readonly from: bigint;
  readonly to: bigint;
}

/** Guest time − host time at the middle of the reader's run, ns: no less than `low`, no more than `high`. */
export interface OffsetBounds {
  readonly low: number;
  readonly high: number;
  /** What is subtracted from offsets, so that they are exact numbers. */
  readonly base: bigint;
}

/** Whether the report's interval of the offset holds the truth. */
export function clockTruth(
  model: ReportModel,
  facts: RecordingFacts,
  truth: GroundTruth,
  readings: ClockReadings,
): Check {
  const name = 'clock interval holds the TSC’s truth';
  const { clock } = model;
  // Where the host has no part in a request, there is nothing to relate.
  if (clock.method === 'one-clock') return { name, ok: true, text: clock.checked };
  const [below, above] = clock.intervalNs ?? [-(clock.uncertaintyNs ?? 0), clock.uncertaintyNs ?? 0];
  if (clock.method === 'tsc') {
    // Both machines are stamped by the counter itself: the offset is KVM's own, and causality may not speak against it.
    const taken = facts.tscOffsets?.[0]?.offset;
    const ok = taken === offsetTicks(readings) && clock.ok && below <= 0 && above >= 0;
    return { name, ok, text: `offset ${taken} ticks, KVM ${offsetTicks(readings)}; ${clock.checked}` };
  }
  const bounds = offsetBounds(truth, readings);
  if (bounds === undefined) return { name, ok: false, text: 'the readings of the TSC contradict each other' };
  if (clock.offsetNs === null) return { name, ok: false, text: `no offset: ${clock.checked}` };
  const offset = Number(BigInt(clock.offsetNs) - bounds.base);
  const width = clock.uncertaintyNs ?? 0;
  const low = offset + Math.min(below, -width);
  const high = offset + Math.max(above, width);
  const text = `reported ${round(low)} to ${round(high)} ns by ${clock.method}, true ${round(bounds.low)} to ${round(bounds.high)} ns, both after ${bounds.base}`;
  return { name, ok: low <= bounds.high && bounds.low <= high, text };
}

function offsetTicks({ tscOffset }: ClockReadings): bigint | undefined {
  return tscOffset === undefined ? undefined : BigInt.asIntN(64, BigInt(tscOffset.trim()));
}

const round = (value: number) => Math.round(value).toLocaleString('en-GB');

/** The bounds, of the requests in the middle third of the run; undefined when they leave nothing. */
export function offsetBounds({ log }: GroundTruth, readings: ClockReadings): OffsetBounds | undefined {
  const [first, last] = readings.hostPairs.map(parsePair);
  const offset = offsetTicks(readings);
  if (log === undefined || first === undefined || last === undefined || offset === undefined)
    return undefined;
  const hostNs = interpolate(first, last);
  // The host's clock at the first request's start, so that differences are small.
  const base = log.epochNs - hostNs(log.epochTsc - offset);
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  const count = log.sector.length;
  for (let i = Math.floor(count / 3); i < Math.ceil((2 * count) / 3); i++) {
    const at = (ticks: number) => hostNs(log.epochTsc + BigInt(ticks) - offset) + base - log.epochNs;
    // Read before the tick: the guest's clock stood there or later at it.
    low = Math.max(low, log.startNs[i]! - Number(at(log.startTsc[i]!)));
    high = Math.min(high, log.endNs[i]! - Number(at(log.endTsc[i]!)));
  }
  const slack = Number(first.to - first.from + (last.to - last.from)) * nsPerTick(first, last);
  return low - slack > high + slack ? undefined : { low: low - slack, high: high + slack, base };
}

/** '441661400623 1153120063726 1153120064010' */
function parsePair(line: string): Pair | undefined {
  const [ns, from, to] = line.trim().split(' ');
  return ns === undefined || from === undefined || to === undefined
    ? undefined
    : { ns: BigInt(ns), from: BigInt(from), to: BigInt(to) };
}

const middle = ({ from, to }: Pair) => (from + to) / 2n;
const nsPerTick = (first: Pair, last: Pair) =>
  Number(last.ns - first.ns) / Number(middle(last) - middle(first));

/** Host TSC → host ns, on the line through both readings. */
function interpolate(first: Pair, last: Pair): (tsc: bigint) => bigint {
  const rate = nsPerTick(first, last);
  return (tsc) => first.ns + BigInt(Math.round(Number(tsc - middle(first)) * rate));
}
