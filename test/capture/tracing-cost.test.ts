import { describe, expect, it } from 'vitest';
import type { SessionPlan, SessionResult } from '../../src/capture/session.ts';
import { measureTracingCost } from '../../src/capture/tracing-cost.ts';

const PLAN: SessionPlan = { tracers: [], completed: async () => 0 };

/** Windows of 1 s: drawn, and what they were asked to be. */
function windows(of: (traced: boolean) => Partial<SessionResult>) {
  const asked: boolean[] = [];
  const result = { elapsedMs: 1000, requests: 1000, stopped: 'duration' } as SessionResult;
  return {
    asked,
    plan: async (traced: boolean) => (asked.push(traced), PLAN),
    run: async () => ({ ...result, ...of(asked.at(-1)!) }),
  };
}

describe('windows without and with tracers', () => {
  it('take turns in an order that a steady drift does not show in', async () => {
    const { asked, plan, run } = windows((traced) => ({ requests: traced ? 500 : 1000 }));
    expect(await measureTracingCost(plan, run, () => undefined)).toEqual({
      by: 'disk',
      untracedNs: [1e6, 1e6, 1e6, 1e6],
      tracedNs: [2e6, 2e6, 2e6, 2e6],
    });
    const places = asked.flatMap((traced, place) => (traced ? [place] : []));
    expect(places).toHaveLength(4);
    expect(places.reduce((sum, place) => sum + place, 0) / 4).toBe((asked.length - 1) / 2);
  });

  it('go by the application’s own mean only where every window has one', async () => {
    const { plan, run } = windows(() => ({}));
    expect((await measureTracingCost(plan, run, () => 70))!.by).toBe('application');
    let at = 0;
    expect((await measureTracingCost(plan, run, () => (at++ === 3 ? undefined : 70)))!.by).toBe('disk');
  });

  it.each([{ stopped: 'interrupt' }, { requests: 0 }] as const)('measure nothing with %o', async (end) => {
    const { asked, plan, run } = windows((traced) => (traced ? end : {}));
    expect(await measureTracingCost(plan, run, () => undefined)).toBeUndefined();
    expect(asked).toEqual([false, true]);
  });
});
