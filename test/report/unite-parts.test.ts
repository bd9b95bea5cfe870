/** Parts of several slices' digests as one. The digests are drawn. */
import { describe, expect, it } from 'vitest';
import type { CpuClocks } from '../../src/report/cpu-clocks.ts';
import {
  type JoinedDigest,
  uniteBounds,
  uniteCounts,
  uniteCpus,
  uniteEvidence,
  uniteSkews,
  uniteTorn,
} from '../../src/report/unite-parts.ts';

/** A digest of which only these parts are looked at. */
const slice = (parts: Partial<JoinedDigest>) => parts as JoinedDigest;

describe('groups that came apart', () => {
  const torn = (name: string, missing: number, of: number) =>
    ({ name, point: 'kvm:exit', missing, of }) as const;

  it('have the requests of all slices that tell of them', () => {
    const two = { ...torn('exit', 5, 50), point: 'kvm:entry' } as const;
    const all = uniteTorn([
      slice({ torn: [torn('exit', 1, 100), two] }),
      slice({ torn: [] }),
      slice({ torn: [torn('exit', 20, 300), torn('kick', 2, 30)] }),
    ]);
    // Another point of the group is told apart.
    expect(all).toEqual([torn('exit', 21, 400), two, torn('kick', 2, 30)]);
  });
});

describe('bounds of stages', () => {
  it('are as wide as in the worst slice', () => {
    const bounds = uniteBounds([
      slice({
        stageBounds: new Map([
          ['kick', 20],
          ['device', 0],
          ['exit', Number.POSITIVE_INFINITY],
        ]),
      }),
      slice({
        stageBounds: new Map([
          ['kick', 500],
          ['exit', 3],
        ]),
      }),
      slice({
        stageBounds: new Map([
          ['kick', 70],
          ['return', 9],
        ]),
      }),
    ]);
    expect(Object.fromEntries(bounds)).toEqual({
      kick: 500,
      device: 0,
      exit: Number.POSITIVE_INFINITY,
      return: 9,
    });
  });
});

describe('clocks of CPUs', () => {
  const clocks = (machine: 'guest' | 'host', provenNs: number | null, ...cpus: number[]): CpuClocks => ({
    machine,
    cpus,
    provenNs,
    oneCounter: true,
  });

  it('are of all CPUs that stamped, and proven as far as in the worst slice', () => {
    const all = uniteCpus([
      slice({ cpus: [clocks('guest', 10, 0), clocks('host', 300, 2, 11)] }),
      slice({ cpus: [clocks('host', 900, 3, 2)] }),
      slice({ cpus: [clocks('host', 20, 3), clocks('guest', 5, 0, 1)] }),
    ]);
    expect(all).toEqual([clocks('guest', 10, 0, 1), clocks('host', 900, 2, 3, 11)]);
  });

  it.each([
    [null, 300],
    [300, null],
  ])('are not proven where one slice proves nothing (%s and %s)', (one, other) => {
    const [first] = uniteCpus([
      slice({ cpus: [clocks('host', one, 2)] }),
      slice({ cpus: [{ ...clocks('host', other, 2), oneCounter: false }] }),
      slice({ cpus: [clocks('host', 400, 2)] }),
    ]);
    expect(first).toEqual({ machine: 'host', cpus: [2], provenNs: null, oneCounter: false });
  });

  it('that were off in any slice are named, each pair with what it is off by at least', () => {
    const none = { pairs: [], cpus: new Set<number>() };
    const off = (atLeast: number, one: number, other: number) => ({
      pairs: [{ cpus: [one, other] as const, atLeast }],
      cpus: new Set([other]),
    });
    const slices = [
      slice({ misclocked: { app: none, host: off(300, 0, 3) } }),
      slice({ misclocked: { app: off(40, 0, 1), host: off(900, 0, 3) } }),
      slice({ misclocked: { app: none, host: off(500, 0, 3) } }),
      slice({ misclocked: { app: none, host: off(70, 2, 5) } }),
    ];
    expect(uniteSkews(slices, 'app')).toEqual({ pairs: [{ cpus: [0, 1], atLeast: 40 }], cpus: new Set([1]) });
    expect(uniteSkews(slices, 'host')).toEqual({
      pairs: [
        { cpus: [0, 3], atLeast: 900 },
        { cpus: [2, 5], atLeast: 70 },
      ],
      cpus: new Set([3, 5]),
    });
  });
});

describe('counts', () => {
  const count = (id: string, perRequest: number) => ({ id, title: `${id} of all`, perRequest });

  it('are of all requests, of which a slice without the event had none', () => {
    const counts = uniteCounts([
      slice({ matched: 300, counts: [count('exits', 4), count('halts', 1)] }),
      slice({ matched: 100, counts: [count('exits', 8)] }),
      slice({ matched: 600, counts: [] }),
      slice({ matched: 0, counts: [] }),
    ]);
    expect(counts).toEqual([count('exits', 2), count('halts', 0.3)]);
  });
});

describe('why it is that path', () => {
  const of = (name: string, ...evidence: string[]) =>
    slice({ path: { name } as JoinedDigest['path'], evidence });

  it('is what the only slice says', () => {
    const only = of('virtio-blk-iothread', 'a thread');
    expect(uniteEvidence(only, [only])).toEqual(['a thread']);
  });

  it('is what the largest slice says, where the others are of the same path', () => {
    const main = of('virtio-blk-iothread', 'a thread', 'an eventfd');
    expect(uniteEvidence(main, [of('virtio-blk-iothread', 'else'), main])).toEqual([
      'a thread',
      'an eventfd',
      'so in the largest of 2 slices of the recording; the others are of the same path',
    ]);
  });

  it('names the other paths that slices look like', () => {
    const main = of('virtio-blk-iothread', 'a thread');
    const polling = of('virtio-blk-iothread-polling');
    expect(uniteEvidence(main, [polling, main, polling, of('virtio-blk-main-loop'), main]).at(-1)).toBe(
      'so in the largest of 5 slices of the recording; 3 of the others look like virtio-blk-iothread-polling, virtio-blk-main-loop',
    );
  });
});
