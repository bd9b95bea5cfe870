/** Parts of the digests of a recording's slices as one: what was counted is summed, what was bounded is as wide as in the worst slice. */
import type { TornGroup } from '../correlate/torn-groups.ts';
import type { PerRequest } from '../stats/counts.ts';
import { widestPairs } from '../trace/file-order.ts';
import type { CpuClocks } from './cpu-clocks.ts';
import type { SliceDigest } from './digest.ts';

/** A slice's digest once its requests have been joined with the others. */
export type JoinedDigest = Omit<SliceDigest, 'requests' | 'breakdown' | 'application' | 'streams'> & {
  readonly matched: number;
};

/** Why it is that path, by the slice with the most requests, and what the others look like. */
export function uniteEvidence(main: JoinedDigest, digests: readonly JoinedDigest[]): readonly string[] {
  if (digests.length === 1) return main.evidence;
  const others = digests.filter(({ path }) => path.name !== main.path.name);
  const names = [...new Set(others.map(({ path }) => path.name))];
  const rest =
    others.length === 0
      ? 'the others are of the same path'
      : `${others.length} of the others look like ${names.join(', ')}`;
  return [...main.evidence, `so in the largest of ${digests.length} slices of the recording; ${rest}`];
}

/** Groups that came apart, with the requests of all slices. */
export function uniteTorn(digests: readonly JoinedDigest[]): TornGroup[] {
  const groups = new Map<string, TornGroup>();
  for (const torn of digests.flatMap((digest) => digest.torn)) {
    const key = `${torn.name}\n${torn.point}`;
    const known = groups.get(key) ?? { ...torn, missing: 0, of: 0 };
    groups.set(key, { ...known, missing: known.missing + torn.missing, of: known.of + torn.of });
  }
  return [...groups.values()];
}

/** CPUs whose clocks were off in any slice. */
export function uniteSkews(
  digests: readonly JoinedDigest[],
  machine: 'app' | 'host',
): JoinedDigest['misclocked']['app'] {
  const found = digests.map(({ misclocked }) => misclocked[machine]);
  return {
    pairs: widestPairs(found.flatMap(({ pairs }) => pairs)),
    cpus: new Set(found.flatMap(({ cpus }) => [...cpus])),
  };
}

/** The CPUs that stamped in any slice; what is proven of them is what the widest slice proves. */
export function uniteCpus(digests: readonly JoinedDigest[]): CpuClocks[] {
  const machines = new Map<CpuClocks['machine'], CpuClocks>();
  for (const own of digests.flatMap((digest) => digest.cpus)) {
    const known = machines.get(own.machine) ?? own;
    machines.set(own.machine, {
      machine: own.machine,
      cpus: [...new Set([...known.cpus, ...own.cpus])].sort((a, b) => a - b),
      provenNs:
        known.provenNs === null || own.provenNs === null ? null : Math.max(known.provenNs, own.provenNs),
      oneCounter: known.oneCounter && own.oneCounter,
    });
  }
  return [...machines.values()];
}

/** By stage, the widest bound of any slice. */
export function uniteBounds(digests: readonly JoinedDigest[]): ReadonlyMap<string, number> {
  const bounds = new Map<string, number>();
  for (const [stage, bound] of digests.flatMap(({ stageBounds }) => [...stageBounds]))
    bounds.set(stage, Math.max(bounds.get(stage) ?? 0, bound));
  return bounds;
}

/** What a slice does not hold did not happen in it. */
export function uniteCounts(digests: readonly JoinedDigest[]): PerRequest[] {
  const all = digests.reduce((sum, { matched }) => sum + matched, 0);
  const counts = new Map<string, { title: string; count: number }>();
  for (const { counts: own, matched } of digests)
    for (const { id, title, perRequest } of own) {
      // They were whole numbers.
      const count = Math.round(perRequest * matched);
      counts.set(id, { title, count: (counts.get(id)?.count ?? 0) + count });
    }
  return [...counts].map(([id, { title, count }]) => ({ id, title, perRequest: count / all }));
}
