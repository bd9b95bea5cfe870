import type { StreamTrouble } from './doubts.ts';
import type { Gap } from './gaps.ts';
import type { CheckedSource } from './integrity.ts';
import type { MachineName } from './recording.ts';

/**
 * bpftrace's tracepoint and kprobe programs share a guard per CPU: an event that interrupts another program is skipped,
 * and nothing counts it (kernel/trace/bpf_trace.c `trace_call_bpf`).
 */
const SKIPS = /^bpftrace/;

/** Reject reasons that say the end of a stream is missing. */
const CUT = /\bcut\b/;

/** What the streams of one machine say of themselves. `reported` are their gaps on the machine's clock. */
export function troubleOf(
  streams: readonly CheckedSource[],
  machine: MachineName,
  reported: readonly Gap[],
): StreamTrouble {
  const own = streams.filter(({ source }) => source.machine === machine);
  const shares = own.map(({ source, integrity }) => {
    const located = source.losses.reduce((sum, { count }) => sum + (count ?? 0), 0);
    const isCut = source.rejects.some(({ reason }) => CUT.test(reason));
    return isCut ? 0 : Math.max(0, integrity.missing - located) / Math.max(1, source.claimed ?? 1);
  });
  return {
    reported,
    skewed: own.flatMap(({ integrity }) => integrity.skewed),
    missingShare: Math.max(0, ...shares),
    skips: own.some(({ source }) => SKIPS.test(source.format)),
  };
}
