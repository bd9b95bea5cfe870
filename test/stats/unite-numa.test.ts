/** Where actors ran over several slices. The slices' figures are drawn. */
import { describe, expect, it } from 'vitest';
import type { NumaStats } from '../../src/stats/numa.ts';
import { uniteNuma } from '../../src/stats/unite-numa.ts';

const NONE: NumaStats = {
  actors: [],
  hopsPerRequest: null,
  crossings: [],
  byHops: null,
  memoryPagesByNode: null,
  virtualNodes: [],
  accesses: null,
  samples: null,
  note: 'drawn',
};
const slice = (matched: number, numa: Partial<NumaStats>) => ({ matched, numa: { ...NONE, ...numa } });
const actor = (name: string, node: number | null, ...cpus: number[]) => ({ actor: name, cpus, node });

describe('actors', () => {
  it('ran on the CPUs of any slice', () => {
    const { actors, note } = uniteNuma(
      [
        slice(10, { actors: [actor('vCPU', 0, 2, 11), actor('drive', 1)] }),
        slice(10, { actors: [actor('vCPU', 0, 3, 2), actor('drive', 1)] }),
        slice(10, { actors: [actor('back-end thread', 1, 20)] }),
      ],
      {},
      30,
    );
    expect(actors).toEqual([actor('vCPU', 0, 2, 3, 11), actor('drive', 1), actor('back-end thread', 1, 20)]);
    expect(note).toBe('drawn');
  });

  it('are on no node of their own where slices show another, or none', () => {
    const { actors } = uniteNuma(
      [
        slice(10, { actors: [actor('vCPU', 0, 2), actor('application', 1, 5), actor('drive', null)] }),
        slice(10, {
          actors: [actor('vCPU', 1, 20), actor('application', null, 5, 20), actor('drive', null)],
        }),
      ],
      {},
      20,
    );
    expect(actors.map(({ node }) => node)).toEqual([null, null, null]);
  });
});

describe('hops between nodes', () => {
  const group = (hops: number, n: number, meanNs: number) => ({ hops, n, meanNs });

  it('are those of a request of the whole recording', () => {
    const { hopsPerRequest, crossings } = uniteNuma(
      [
        slice(300, { hopsPerRequest: 1, crossings: [{ stage: 'device', share: 0.5 }] }),
        slice(100, {
          hopsPerRequest: 3,
          crossings: [
            { stage: 'wake', share: 1 },
            { stage: 'device', share: 0.1 },
          ],
        }),
        slice(600, { hopsPerRequest: 0, crossings: [{ stage: 'kick', share: 0.5 }] }),
      ],
      {},
      1000,
    );
    expect(hopsPerRequest).toBeCloseTo(0.6, 12);
    expect(crossings.map(({ stage }) => stage)).toEqual(['kick', 'device', 'wake']);
    expect(crossings.map(({ share }) => share)).toEqual([
      expect.closeTo(0.3, 12),
      expect.closeTo(0.16, 12),
      expect.closeTo(0.1, 12),
    ]);
  });

  it('tell requests apart as in all slices together', () => {
    const { byHops } = uniteNuma(
      [
        slice(30, { hopsPerRequest: 1, byHops: [group(0, 10, 100), group(2, 20, 400)] }),
        slice(40, { hopsPerRequest: 1, byHops: [group(0, 30, 200), group(1, 10, 50)] }),
      ],
      {},
      70,
    );
    expect(byHops).toEqual([group(0, 40, 175), group(1, 10, 50), group(2, 20, 400)]);
  });

  it('are not known where no slice knows them, and none where no request is matched', () => {
    const unknown = uniteNuma([slice(10, {}), slice(20, {})], {}, 30);
    expect([unknown.hopsPerRequest, unknown.byHops, unknown.crossings]).toEqual([null, null, []]);
    const idle = uniteNuma([slice(0, { hopsPerRequest: 0, byHops: [] })], {}, 0);
    expect([idle.hopsPerRequest, idle.byHops]).toEqual([0, []]);
  });
});

describe('nodes of the guest', () => {
  const node = (number: number, vcpus: number[] | null, ranOn: number[] | null) => ({
    node: number,
    vcpus,
    hostNodes: [number],
    policy: 'bind',
    ranOn,
  });

  it('ran where their vCPUs did in any slice', () => {
    const { virtualNodes } = uniteNuma(
      [
        slice(10, { virtualNodes: [node(0, [0], null), node(1, null, null)] }),
        slice(10, { virtualNodes: [node(0, [0, 2], [1]), node(1, null, null)] }),
        slice(10, { virtualNodes: [node(0, [1], [1, 0]), node(1, null, null)] }),
      ],
      {},
      30,
    );
    expect(virtualNodes).toEqual([node(0, [0, 1, 2], [0, 1]), node(1, null, null)]);
  });
});

describe('accesses to memory', () => {
  it('are those counted beside the recording, over all of its requests', () => {
    const perfCounts = [
      { who: '', event: 'remote_access', count: 500, state: 'counted', runningShare: 1 } as const,
    ];
    const { accesses } = uniteNuma([slice(10, {}), slice(20, {})], { perfCounts }, 40);
    expect(accesses!.remotePerRequest).toBe(12.5);
  });
});
