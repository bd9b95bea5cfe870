/** One stage half a microsecond longer, in recordings with all their noise: which is named, and if not, why not. */
import { describe, expect, it } from 'vitest';
import { compareRecordings } from '../../src/diff/compare-recordings.ts';
import type { DiffModel } from '../../src/diff/diff-model.ts';
import { delayed, followedRun, picked, sampleBundles } from './recorded-runs.ts';
import { dealt } from './splits.ts';

const ADDED_NS = 500;
/** So few passed the stage that blocks of them say nothing. */
const FEW = 10;

const named = ({ stages }: DiffModel) => stages.filter(({ shown }) => shown !== 'no').map(({ id }) => id);

describe.each(sampleBundles())('half a microsecond in $name', { timeout: 240_000 }, (bundle) => {
  it('is found in the stage it was added to, every request, and in no other, where the clocks leave less open', async () => {
    const run = await followedRun(bundle);
    const found: string[] = [];
    for (const [stage, column] of run.times.stages) {
      const model = compareRecordings([run], [delayed(run, stage, ADDED_NS)], '0');
      const passed = column.filter((ns) => ns > 0).length;
      const { heldBy, clockNs, ns, smallestNs } = model.stages.find(({ id }) => id === stage)!;
      expect(model.method.paired).toBe(true);
      if (passed < FEW) continue;
      if (clockNs > ns) expect([stage, named(model), heldBy]).toEqual([stage, [], 'clocks']);
      // Few of many passed it: less than the comparison says it could show.
      else if (ns < smallestNs && heldBy === 'chance') expect([stage, named(model)]).toEqual([stage, []]);
      else {
        expect([stage, named(model)]).toEqual([stage, [stage]]);
        found.push(stage);
      }
    }
    expect(found.length).toBeGreaterThan(0.6 * run.times.stages.size);
  });
});

describe.each(sampleBundles())('other requests of $name', { timeout: 240_000 }, (bundle) => {
  it('show it where a comparison says so, at twice what it says it could show, and nowhere else', async () => {
    const run = await followedRun(bundle);
    const [even, odd] = dealt(run.times.total.length, (at) => at % 2 === 0);
    const base = compareRecordings([picked(run, even)], [picked(run, odd)], '0');
    expect(base.method.paired).toBe(false);
    expect(named(base)).toEqual([]);
    // The widest, the middle and the narrowest of the stages that all requests pass.
    const everywhere = ({ id }: { id: string }) => run.times.stages.get(id)!.every((ns) => ns > 0);
    const steady = base.stages.filter(everywhere).toSorted((a, b) => b.smallestNs - a.smallestNs);
    for (const { id, smallestNs } of [steady[0]!, steady[steady.length >> 1]!, steady.at(-1)!]) {
      const longer = delayed(run, id, Math.max(ADDED_NS, Math.ceil(2 * smallestNs)));
      expect([id, named(compareRecordings([picked(run, even)], [picked(longer, odd)], '0'))]).toEqual([
        id,
        [id],
      ]);
    }
  });
});
