/** Where actors ran and what crossed nodes over a recording of which each slice was looked at by itself. */
import type { RecordingFacts } from '../trace/recording.ts';
import { memoryAccesses } from './memory-accesses.ts';
import type { NumaStats } from './numa.ts';
import type { VirtualNode } from './virtual-nodes.ts';

/** A slice's figures, and how many of its requests are matched. */
export interface NumaSlice {
  readonly numa: NumaStats;
  readonly matched: number;
}

/** Figures of all slices; a slice weighs as much as it has requests. `requests`: of the recording, whatever became of them. */
export function uniteNuma(slices: readonly NumaSlice[], facts: RecordingFacts, requests: number): NumaStats {
  const all = slices.reduce((sum, { matched }) => sum + matched, 0);
  const [first] = slices;
  // A slice in which nothing of the host takes part has none.
  const longest = slices
    .map(({ numa }) => numa.virtualNodes)
    .reduce((most, each) => (each.length > most.length ? each : most));
  const known = slices.filter(({ numa }) => numa.hopsPerRequest !== null);
  const crossings = new Map<string, number>();
  // They were whole numbers.
  for (const { numa, matched } of slices)
    for (const { stage, share } of numa.crossings)
      crossings.set(stage, (crossings.get(stage) ?? 0) + Math.round(share * matched));
  return {
    ...first!.numa,
    actors: uniteActors(slices),
    hopsPerRequest:
      known.length === 0 || all === 0
        ? (known[0]?.numa.hopsPerRequest ?? null)
        : known.reduce((sum, { numa, matched }) => sum + Math.round(numa.hopsPerRequest! * matched), 0) / all,
    crossings: [...crossings]
      .map(([stage, count]) => ({ stage, share: count / Math.max(1, all) }))
      .sort((a, b) => b.share - a.share),
    byHops: known.length === 0 ? null : uniteHops(known),
    virtualNodes: longest.map((node, at) => uniteNodes(node, slices, at)),
    accesses: memoryAccesses(facts, requests),
  };
}

function uniteActors(slices: readonly NumaSlice[]): NumaStats['actors'] {
  const actors = new Map<string, { cpus: Set<number>; nodes: Set<number | null> }>();
  for (const { numa } of slices)
    for (const { actor, cpus, node } of numa.actors) {
      const known = actors.get(actor) ?? { cpus: new Set(), nodes: new Set() };
      actors.set(actor, known);
      for (const cpu of cpus) known.cpus.add(cpu);
      known.nodes.add(node);
    }
  return [...actors].map(([actor, { cpus, nodes }]) => ({
    actor,
    cpus: [...cpus].sort((a, b) => a - b),
    node: nodes.size === 1 ? [...nodes][0]! : null,
  }));
}

function uniteHops(slices: readonly NumaSlice[]): NonNullable<NumaStats['byHops']> {
  const groups = new Map<number, { n: number; sum: number }>();
  for (const { hops, n, meanNs } of slices.flatMap(({ numa }) => numa.byHops ?? [])) {
    const group = groups.get(hops) ?? { n: 0, sum: 0 };
    groups.set(hops, { n: group.n + n, sum: group.sum + meanNs * n });
  }
  return [...groups]
    .map(([hops, { n, sum }]) => ({ hops, n, meanNs: sum / n }))
    .sort((a, b) => a.hops - b.hops);
}

/** A node of the guest: where its vCPUs ran in any slice. */
function uniteNodes(node: VirtualNode, slices: readonly NumaSlice[], at: number): VirtualNode {
  const seen = (of: (node: VirtualNode) => readonly number[] | null) => {
    const nodes = slices.flatMap(({ numa }) => numa.virtualNodes.slice(at, at + 1));
    const numbers = nodes.flatMap((each) => of(each) ?? []);
    return numbers.length === 0 ? null : [...new Set(numbers)].sort((a, b) => a - b);
  };
  return { ...node, vcpus: seen(({ vcpus }) => vcpus), ranOn: seen(({ ranOn }) => ranOn) };
}
