/** `record --calibrate`: what tracing costs a request of this load, measured before the recording. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Interrupts } from '../capture/interrupts.ts';
import { runSession, type SessionPlan } from '../capture/session.ts';
import { measureTracingCost } from '../capture/tracing-cost.ts';
import type { TracingCostFact } from '../trace/recording.ts';
import { readTruth } from './read-truth.ts';
import type { Say } from './say.ts';

/** A window of a load that is there anyway. */
const WINDOW_MS = 2000;

/**
 * Measures it. `planIn`: the recording that is to be measured, its streams in a folder, which is removed again. Undefined, and said,
 * when nothing could be measured.
 */
export async function calibrate(
  folder: string,
  planIn: (folder: string, traced: boolean) => SessionPlan,
  interrupts: Interrupts,
  say: Say,
): Promise<TracingCostFact | undefined> {
  say('measuring what tracing costs: eight windows, four of them traced');
  const windows = join(folder, 'windows');
  try {
    const cost = await measureTracingCost(
      async (traced, window) => {
        const own = join(windows, String(window));
        await mkdir(own, { recursive: true, mode: 0o700 });
        const plan = planIn(own, traced);
        return plan.workload === undefined ? { ...plan, durationMs: WINDOW_MS, requests: undefined } : plan;
      },
      (plan) => runSession(plan, interrupts),
      ({ workload }) => readTruth('', Buffer.from(workload?.output ?? '')).truth?.meanNs,
    );
    if (cost === undefined)
      say('what tracing costs could not be measured: a window was interrupted, or nothing happened in it');
    return cost;
  } finally {
    await rm(windows, { recursive: true, force: true });
  }
}
