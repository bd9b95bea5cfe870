/**
 * What tracing costs a request: the same load in short sessions without the tracers and with them, in turn. Nothing of them is kept
 * but how long a request took, by the application's own mean or else by the disk's own count, neither of which needs a probe.
 */
import type { TracingCostFact } from '../trace/recording.ts';
import type { SessionPlan, SessionResult } from './session.ts';

/** What is done one after the other: what drifts (a warmer drive, another load) is in both alike. */
const ORDER = [false, true, true, false, false, true, true, false];

/** A session of one window; `traced` says whether its tracers are part of it. */
export type WindowPlan = (traced: boolean, window: number) => Promise<SessionPlan>;

/**
 * Runs the windows. `meanOf`: the application's own mean latency in ns of what its workload printed, where it printed one.
 * Undefined when a window was interrupted, or completed no request: then nothing was measured.
 */
export async function measureTracingCost(
  plan: WindowPlan,
  run: (plan: SessionPlan) => Promise<SessionResult>,
  meanOf: (result: SessionResult) => number | undefined,
): Promise<TracingCostFact | undefined> {
  const results: { traced: boolean; result: SessionResult }[] = [];
  for (const [window, traced] of ORDER.entries()) {
    const result = await run(await plan(traced, window));
    if (result.stopped === 'interrupt' || result.stopped === 'gone' || result.requests === 0)
      return undefined;
    results.push({ traced, result });
  }
  const own = results.map(({ result }) => meanOf(result));
  const byApplication = own.every((mean) => mean !== undefined);
  const means = byApplication
    ? (own as number[])
    : results.map(({ result }) => (result.elapsedMs * 1e6) / result.requests);
  const of = (traced: boolean) => means.filter((_, window) => ORDER[window] === traced);
  return { by: byApplication ? 'application' : 'disk', untracedNs: of(false), tracedNs: of(true) };
}
